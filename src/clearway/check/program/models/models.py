"""Functions of Python's own and of the frameworks that need more than data to follow."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from clearway.check.program.models.by_name import BY_NAME
from clearway.check.program.models.holders import holders
from clearway.check.program.models.iteration import ITERATION
from clearway.check.program.models.iterators import iterators
from clearway.check.program.models.makers import makers
from clearway.check.program.models.providers import provided, providers
from clearway.check.program.models.python import PYTHON
from clearway.check.program.models.session_makers import SESSION_MAKERS
from clearway.check.program.models.tasks import TASKS
from clearway.check.program.models.wrapping import WRAPPING
from clearway.check.program.values import (
    OPAQUE,
    UNKNOWN,
    DictV,
    ExternalInstanceV,
    ExternalV,
    Frame,
    FunctionV,
    ListV,
    ModelV,
    TupleV,
    Values,
)
from clearway.check.program.values.effects import Effect, Outcome, Unresolved
from clearway.check.program.values.keys import held_at, keys_of
from clearway.check.source.syntax import name_of, written

if TYPE_CHECKING:
    from collections.abc import Callable

    from clearway.check.program.program import Program
    from clearway.check.program.values.arguments import Arguments

    Model = Callable[["Models", ExternalV, Arguments, ast.AST, Frame], Outcome | None]


CALLS_ITS_FIRST = frozenset({"builtins.map", "builtins.filter", "functools.reduce", "contextvars.Context.run"})
CALLS_ITS_KEY = frozenset({"builtins.sorted", "builtins.max", "builtins.min"})


class Models:
    """By dotted name, what the functions of Python itself do. Frameworks add theirs with `add`."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._external: dict[str, Model] = {
            **PYTHON,
            **ITERATION,
            **WRAPPING,
            **BY_NAME,
            **TASKS,
            **SESSION_MAKERS,
            **makers(),
            **holders(),
            **iterators(),
            **providers(),
        }
        self.lazy: set[str] = set()
        """Functions that iterate what they are given elsewhere, or not at all."""
        self._calls: dict[str, Callable[[ModelV, Arguments, ast.AST, Frame], Outcome]] = {}

    def add(self, name: str, model: Model) -> None:
        """Follow calls of this dotted name."""
        self._external[name] = model

    def add_call(self, name: str, model: Callable[[ModelV, Arguments, ast.AST, Frame], Outcome]) -> None:
        """Follow calls of a ModelV of this name."""
        self._calls[name] = model

    def knows(self, name: str) -> bool:
        return self._found(name) is not None

    def _found(self, name: str) -> Model | None:
        model = self._external.get(name)
        if model is None and "." in name:
            owner, _, attribute = name.rpartition(".")
            for base in self.program.library.bases(owner):
                model = self._external.get(f"{base}.{attribute}")
                if model is not None:
                    break
        return model

    def external(self, callee: ExternalV, arguments: Arguments, node: ast.AST, frame: Frame) -> Outcome | None:
        """What a modelled function does; None for the others."""
        if callee.name.startswith("container."):
            return Outcome(self._container(callee, arguments))
        model = self._found(callee.name)
        if model is None:
            return None
        outcome = model(self, callee, arguments, node, frame)
        unknown = _unknown_functions(callee.name, arguments, node)
        return replace(outcome, effects=(*outcome.effects, *unknown)) if outcome is not None and unknown else outcome

    def attribute(self, value: ModelV, name: str) -> Values:
        if name == "__wrapped__":
            return value.item("function")
        if value.name == "namespace":
            return value.item(name)
        if value.name == "singledispatch" and name == "register":
            return frozenset({ModelV("singledispatch.register", value.items, value.site)})
        return UNKNOWN

    def call(self, callee: ModelV, arguments: Arguments, node: ast.AST, frame: Frame) -> Outcome:
        """Calling something that a model made."""
        added = self._calls.get(callee.name)
        if added is not None:
            return added(callee, arguments, node, frame)
        match callee.name:
            case "identity":
                return Outcome(arguments.at(0))
            case "context_manager":
                made: Values = UNKNOWN
                for function in callee.item("function"):
                    made |= self.program.calls.apply(function, arguments, node, frame).values
                return Outcome(frozenset({ModelV("context", (("generator", made),))}))
            case "context":
                # A context manager used as a decorator.
                return Outcome(arguments.at(0))
            case "provider":
                return provided(self, callee, arguments, node, frame)
            case "singledispatch":
                return self.every(self._implementations(callee.item("function")), arguments, node, frame)
            case "task_decorator":
                tasks = [task for task in callee.item("task") if isinstance(task, ExternalInstanceV)]
                return Outcome(frozenset(ExternalInstanceV(task.name, None, arguments.at(0)) for task in tasks))
            case "singledispatch.register":
                return Outcome(frozenset({ModelV("identity")}))
            case _:
                return Outcome(UNKNOWN)

    def _implementations(self, functions: Values) -> Values:
        """What `@f.register` adds to a function of single dispatch."""
        found = functions
        for value in functions:
            if isinstance(value, FunctionV):
                for function in value.function.module.functions.values():
                    node = function.node
                    for decorator in [] if isinstance(node, ast.Lambda) else node.decorator_list:
                        target = decorator.func if isinstance(decorator, ast.Call) else decorator
                        if not isinstance(target, ast.Attribute) or target.attr != "register":
                            continue
                        if name_of(target.value) == value.function.name:
                            found |= {FunctionV(function, self.program.frames.parent(function), value.bound)}
        return found

    def every(self, functions: Values, arguments: Arguments, node: ast.AST, frame: Frame) -> Outcome:
        """All of these functions called."""
        values: Values = UNKNOWN
        effects: dict[Effect, None] = {}
        for function in functions:
            outcome = self.program.calls.apply(function, arguments, node, frame)
            values |= outcome.values
            effects.update(dict.fromkeys(outcome.effects))
        return Outcome(values, tuple(effects))

    def _container(self, callee: ExternalV, arguments: Arguments) -> Values:
        """A method of a dictionary, list or tuple that the program shows."""
        held = callee.receiver
        name = callee.name.removeprefix("container.")
        if isinstance(held, DictV):
            if name in ("get", "pop", "setdefault"):
                exact = held_at(held, arguments.at(0))
                if exact and not held.other and len(arguments.at(0)) == 1:
                    return exact
                return (exact if exact and not held.other else held.values) | arguments.at(1)
            if name == "values":
                return frozenset({ListV(held.values)})
            if name == "items":
                return frozenset({ListV(frozenset({TupleV((_keys(held), held.values))}))})
            if name == "popitem":
                return frozenset({TupleV((_keys(held), held.values))})
            if name == "keys":
                return frozenset({ListV(keys_of(held))})
            return frozenset({held}) if name == "copy" else OPAQUE
        elements = self.program.iterated(frozenset({held})) if held is not None else UNKNOWN
        if name in ("pop", "popleft"):
            return elements
        return frozenset({held}) if name == "copy" and held is not None else OPAQUE


def _keys(held: DictV) -> Values:
    """What stands for the keys beside values: text that need not be told apart, or objects of any kind."""
    return OPAQUE if keys_of(held) else UNKNOWN


def _unknown_functions(name: str, arguments: Arguments, node: ast.AST) -> list[Effect]:
    """A function that is called here, and of which nothing is known."""
    given = name in CALLS_ITS_FIRST and bool(arguments.positional) and not arguments.at(0)
    keyed = name in CALLS_ITS_KEY and arguments.has("key") and not arguments.named("key")
    return [Unresolved(written(node))] if given or keyed else []
