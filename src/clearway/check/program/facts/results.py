"""What calls certainly give: functions of the program, text and numbers, variables of the environment."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from clearway.check.program.code import Function
from clearway.check.program.facts.fact import NONE, TEXT, Fact, union
from clearway.check.program.facts.questions import QUESTIONS
from clearway.check.program.values import ClassV, ConstantV, ExternalInstanceV, ExternalV, Frame, FunctionV, InstanceV

if TYPE_CHECKING:
    from clearway.check.program.facts.facts import Facts
    from clearway.check.program.program import Program


TRANSPARENT = frozenset({"staticmethod", "classmethod", "property", "cached_property", "override", "final"}) | {
    "lru_cache",
    "cache",
}
"""Decorators under which a function gives what its body gives."""
ENVIRONMENT = frozenset({"os.getenv", "os.environ.get", "builtins.os.getenv"})
TEXT_METHODS = frozenset({"lower", "upper", "strip", "startswith", "endswith", "casefold", "removeprefix", "replace"})

HOLDERS = (ast.Name, ast.Dict)
"""What may stand before `.get(...)` for a written dictionary."""


class ResultFacts:
    """Follows calls whose callee is certain."""

    def __init__(self, program: Program, facts: Facts) -> None:
        self._program = program
        self._facts = facts
        self._returned: dict[Frame, Fact | None] = {}
        self._busy: set[Frame] = set()

    def of_call(self, node: ast.Call, frame: Frame) -> Fact | None:
        """All that a call can give."""
        if isinstance(node.func, ast.Attribute) and node.func.attr == "get" and isinstance(node.func.value, HOLDERS):
            found = self._facts.displays.of_get(node, node.func.value, frame)
            if found is not None:
                return found
        called = self._facts.of(node.func, frame)
        if called is None or len(called.values) != 1:
            return None
        (callee,) = called.values
        fact: Fact | None = None
        match callee:
            case ClassV(cls=cls) if self._program.definitions.is_enum(cls):
                fact = (
                    self._facts.objects.member_of(cls, self._facts.of(node.args[0], frame))
                    if len(node.args) == 1
                    else None
                )
            case ClassV():
                made = self._program.evaluate(node, frame)
                fact = Fact(made) if len(made) == 1 and isinstance(next(iter(made)), InstanceV) else None
            case FunctionV(function=function) if (handed := _handed_through(function, node)) is not None:
                fact = self._facts.of(handed, frame)
            case FunctionV(function=function) if not function.is_async and not function.is_generator:
                arguments = self._program.arguments.of(node, frame)
                fact = self.returned(self._program.parameters.frame(callee, arguments))
            case ExternalV():
                fact = self._external(callee, node, frame)
            case _:
                pass
        return Fact(fact.values, True) if fact is not None and called.by_default else fact

    def of_await(self, node: ast.Await, frame: Frame) -> Fact | None:
        """All that `await f()` can give."""
        if not isinstance(node.value, ast.Call):
            return None
        called = self._facts.of(node.value.func, frame)
        if called is None or called.by_default or len(called.values) != 1:
            return None
        (callee,) = called.values
        if not isinstance(callee, FunctionV) or not callee.function.is_async or callee.function.is_generator:
            return None
        return self.returned(self._program.parameters.frame(callee, self._program.arguments.of(node.value, frame)))

    def returned(self, frame: Frame) -> Fact | None:
        """What a function gives."""
        if frame not in self._returned:
            function = frame.code
            if frame in self._busy or not isinstance(function, Function) or frame.depth > 20:
                return None
            self._busy.add(frame)
            try:
                fact = self._results(function, frame)
            finally:
                self._busy.discard(frame)
            self._returned[frame] = fact
        return self._returned[frame]

    def _results(self, function: Function, frame: Frame) -> Fact | None:
        if function.decorators and not set(function.decorators) <= TRANSPARENT:
            return None
        if function.is_abstract:
            return None  # others say what it gives
        expressions, ends = self._program.steps_of.results(function, frame)
        facts: list[Fact | None] = [Fact(NONE)] if ends else []
        for expression in expressions:
            facts.append(Fact(NONE) if expression is None else self._facts.of(expression, frame))
            if facts[-1] is None:
                return None
        fact = union(facts)
        unusual = self._program.branches.unusual(frame)
        return Fact(fact.values, True) if fact is not None and unusual else fact

    def _external(self, callee: ExternalV, node: ast.Call, frame: Frame) -> Fact | None:
        name = callee.name
        if name in ENVIRONMENT:
            return self._variable(node, frame)
        if name == "platform.system":
            return Fact(frozenset({ConstantV("Linux")}))
        if name in ("builtins.isinstance", "builtins.callable", "builtins.hasattr", "builtins.bool"):
            return self._facts.truth(node if name != "builtins.bool" or not node.args else node.args[0], frame)
        if name.rpartition(".")[2] in QUESTIONS:
            return self._facts.truth(node, frame)
        if isinstance(callee.receiver, ConstantV):
            return self._text_method(callee.receiver, name.rpartition(".")[2], node, frame)
        if name in ("builtins.str", "builtins.int") and len(node.args) == 1 and not node.keywords:
            return self._converted(str if name == "builtins.str" else int, node, frame)
        if name == "builtins.getattr" and len(node.args) >= 2 and isinstance(node.args[1], ast.Constant):
            owner = self._facts.of(node.args[0], frame)
            if owner is not None and all(isinstance(value, InstanceV | ClassV) for value in owner.values):
                return union(self._facts.member(value, str(node.args[1].value), frame) for value in owner.values)
            return self._private(node, str(node.args[1].value), frame)
        return None

    def _private(self, node: ast.Call, name: str, frame: Frame) -> Fact | None:
        """`getattr(executor, "_shutdown", False)`: what a library's object keeps to itself is as usual."""
        if len(node.args) != 3 or not name.startswith("_") or self._program.stores.of_attribute(name):
            return None
        owners = self._program.evaluate(node.args[0], frame)
        of_library = bool(owners) and all(isinstance(owner, ExternalInstanceV) for owner in owners)
        default = self._facts.of(node.args[2], frame) if of_library else None
        return default if default is not None and default.values == frozenset({ConstantV(False)}) else None

    def _variable(self, node: ast.Call, frame: Frame) -> Fact | None:
        """A variable of the environment: what it is where nobody set it."""
        given = [*node.args[1:], *(keyword.value for keyword in node.keywords if keyword.arg == "default")]
        if not given and len(node.args) == 1 and not node.keywords and not isinstance(node.args[0], ast.Starred):
            return Fact(NONE, True)
        default = self._facts.of(given[0], frame) if len(given) == 1 else None
        return None if default is None else Fact(default.values, True)

    def _text_method(self, text: ConstantV, method: str, node: ast.Call, frame: Frame) -> Fact | None:
        """`os.getenv("KIND", "Local").lower()`."""
        given = [self._facts.of(argument, frame) for argument in node.args]
        if method not in TEXT_METHODS or not isinstance(text.value, str) or node.keywords:
            return None
        constants: list[Any] = []
        for fact in given:
            value = next(iter(fact.values)) if fact is not None and len(fact.values) == 1 else None
            if not isinstance(value, ConstantV) or not isinstance(value.value, str):
                return None
            constants.append(value.value)
        try:
            return Fact(frozenset({ConstantV(getattr(text.value, method)(*constants))}))
        except (TypeError, ValueError):
            return None

    def _converted(self, kind: type[str] | type[int], node: ast.Call, frame: Frame) -> Fact | None:
        fact = self._facts.of(node.args[0], frame)
        value = next(iter(fact.values)) if fact is not None and len(fact.values) == 1 else None
        if fact is None or not isinstance(value, ConstantV) or not isinstance(value.value, str | int):
            return Fact(TEXT) if kind is str else None
        try:
            return Fact(frozenset({ConstantV(kind(value.value))}), fact.by_default)
        except ValueError:
            return None


def _handed_through(function: Function, call: ast.Call) -> ast.expr | None:
    """The argument that a function gives back as it is: `message = render(message)`."""
    returned = function.scope.returns
    names = {value.id for value in returned if isinstance(value, ast.Name)}
    if function.is_async or function.is_generator or len(names) != 1 or not set(function.decorators) <= TRANSPARENT:
        return None
    (name,) = names
    positional = [one.arg for one in (*function.node.args.posonlyargs, *function.node.args.args)]
    last = None if isinstance(function.node, ast.Lambda) else function.node.body[-1]
    if len(function.scope.bindings.get(name, ())) != 1 or not isinstance(last, ast.Return):
        return None
    if any(not isinstance(value, ast.Name) for value in returned) or any(
        node.value is None for node in function.flow.returns
    ):
        return None
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    place = positional.index(name) - (function.receiver is not None) if name in positional else -1
    plain = not any(isinstance(argument, ast.Starred) for argument in call.args)
    return call.args[place] if plain and 0 <= place < len(call.args) else None
