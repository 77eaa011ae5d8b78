"""Which functions and classes a container makes its objects with: dishka's providers, read as a whole."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from clearway.check.program.code import Class, Function, Module
from clearway.check.program.values import (
    UNKNOWN,
    ClassV,
    ConstantV,
    CoroutineV,
    ExternalInstanceV,
    ExternalV,
    Frame,
    FunctionV,
    GeneratorV,
    InstanceV,
    ModelV,
    Value,
    Values,
)
from clearway.check.program.values.arguments import Arguments
from clearway.check.program.values.effects import Effect, Outcome, Run
from clearway.check.source.syntax import last_name, walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clearway.check.program.program import Program

    Key = Class | str

PROVIDERS = frozenset({"dishka.Provider"})
PROVIDING = frozenset({"provide", "provide_all", "decorate", "alias", "from_context"})
ONCE = frozenset({"APP", "RUNTIME"})
"""Scopes that last as long as the process: what they hold is made by the first request that needs it."""
SEVERAL = frozenset({"AnyOf", "Union"})
YIELDED = frozenset({"Iterator", "Iterable", "Generator", "AsyncIterator", "AsyncIterable", "AsyncGenerator"})
_PROVIDER = re.compile(r"\bdishka\b|Provider\b")
_SYNC = re.compile(r"\b(?:DishkaSyncRoute|inject_sync)\b")
_TESTS = re.compile(r"(^|/)tests?/|(^|/)(test_[^/]*|conftest)\.py$")
"""Providers of tests stand in for those of the service."""


@dataclass(frozen=True, slots=True)
class Factory:
    """What makes the objects of one kind."""

    makers: Values
    weak: bool
    """Made once in a process, or nobody can say how often."""


class Containers:
    """Knows the factories of all providers of the program."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._found: dict[Key, dict[Factory, None]] = {}
        self._aliases: dict[Key, dict[Key, None]] = {}
        self._given: set[Key] = set()
        self._made: dict[Function, bool] = {}
        """The functions that make something, and whether each is called by weak factories only."""
        self._reading = False

    @cached_property
    def are_used(self) -> bool:
        """Whether some module of the project speaks of a container with providers."""
        return any("dishka" in module.source.text for module in self._program.modules.project)

    @cached_property
    def inject_in_threads(self) -> bool:
        """All that is injected is made in threads: the container is a sync one."""
        texts = [module.source.text for module in self._program.modules.project if "dishka" in module.source.text]
        return any(map(_SYNC.search, texts)) and not any("make_async_container" in text for text in texts)

    def makes(self, code: object) -> bool:
        """Whether a container calls this function, and so fills its parameters."""
        return self.are_used and bool(self._factories) and code in self._made

    def makes_once(self, frame: Frame) -> bool:
        """Whether only the first request that needs what this makes waits for it."""
        code = frame.code
        return isinstance(code, Function) and not frame.arguments and self._made.get(code, False)

    def asked(self, parameter: ast.arg, frame: Frame) -> list[ModelV]:
        """What a container calls for a parameter, like the `Depends(...)` that it stands for."""
        if parameter.annotation is None or (isinstance(frame.code, Function) and parameter.arg == frame.code.receiver):
            return []
        outside = frame.parent or self._program.frames.of_module(frame.module)
        found: dict[Factory, None] = {}
        for key in self._keys(parameter.annotation, outside):
            found.update(self._of(key, set()))
        own = [factory for factory in found if not any(_code(maker) is frame.code for maker in factory.makers)]
        return [_depends(factory, parameter) for factory in own]

    def making(self, values: Values, node: ast.AST, frame: Frame) -> Outcome:
        """What asking a container for objects of these classes gives and runs."""
        found: Values = UNKNOWN
        effects: dict[Effect, None] = {}
        for value in values:
            key = value.cls if isinstance(value, InstanceV) else getattr(value, "name", None)
            made: Values = UNKNOWN
            if self.are_used and key in self._factories:
                for factory in self._of(key, set()):
                    made |= self._run(factory, effects, node, frame)
            found = self._program.union(found, made or frozenset({value}))
        return Outcome(found, tuple(effects))

    def _run(self, factory: Factory, effects: dict[Effect, None], node: ast.AST, frame: Frame) -> Values:
        """Calls it, and what makes its parameters."""
        found: Values = UNKNOWN
        waiting = [factory]
        seen: set[Factory] = set()
        while waiting:
            current = waiting.pop()
            if current in seen:
                continue
            seen.add(current)
            for maker in current.makers:
                outcome = self._program.calls.apply(maker, Arguments(), node, frame)
                runs = [effect.frame for effect in outcome.effects if isinstance(effect, Run)]
                runs += [value.frame for value in outcome.values if isinstance(value, CoroutineV | GeneratorV)]
                effects.update(dict.fromkeys(Run(run, possible=current.weak) for run in runs))
                for run in runs:
                    for parameter in run.code.parameters if isinstance(run.code, Function) else ():
                        waiting += [_factory(depends) for depends in self.asked(parameter, run)]
                if current is factory:
                    found |= self._program.injection.given(outcome.values)
        return found

    def _of(self, key: Key, seen: set[Key]) -> dict[Factory, None]:
        """The factories of a kind, through its other names; the class itself where nobody provides it."""
        if key in seen:
            return {}
        seen.add(key)
        found = dict(self._factories.get(key, ()))
        for other in self._aliases.get(key, ()):
            found.update(self._of(other, seen))
        if found or key in self._given or not isinstance(key, Class) or not key.module.is_project:
            return found
        self._note(ClassV(key), weak=True)
        return {Factory(frozenset({ClassV(key)}), weak=True): None}

    @property
    def _factories(self) -> dict[Key, dict[Factory, None]]:
        if not self._reading and self.are_used:
            self._reading = True
            for module in self._program.modules.project:
                if _PROVIDER.search(module.source.text) and not _TESTS.search(module.shown):
                    self._read(module)
        return self._found

    def _read(self, module: Module) -> None:
        definitions = self._program.definitions
        for cls in module.classes.values():
            if definitions.derives(cls, PROVIDERS):
                self._read_class(cls)
        inside: set[ast.AST] = set()
        for function in module.functions.values():
            inside.update(function.flow.calls)
            where = self._program.frames.generic(function)
            for call in function.flow.calls:
                self._method(call, where)
            if not isinstance(function.node, ast.Lambda):
                for decorator in function.node.decorator_list:
                    self._decorator(decorator, function)
        top = self._program.frames.of_module(module)
        for node in walk(module.source.tree):
            if isinstance(node, ast.Call) and node not in inside:
                self._method(node, top)

    def _read_class(self, cls: Class) -> None:
        """`class AppProvider(Provider): service = provide(Service)`, and its decorated methods."""
        program = self._program
        frame = program.frames.of_class(cls, program.frames.parent(cls))
        scope = self._scope_of(cls)
        for statement in cls.node.body:
            if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
                for decorator in statement.decorator_list:
                    if self._is_dishka(decorator, frame):
                        keywords = decorator.keywords if isinstance(decorator, ast.Call) else []
                        method = cls.module.functions[statement]
                        bound = ClassV(cls) if method.is_classmethod else InstanceV(cls)
                        value = FunctionV(method, program.frames.parent(method), None if method.is_static else bound)
                        self._add(value, keywords, scope, frame)
                continue
            for node in walk(statement):
                if isinstance(node, ast.Call) and self._is_dishka(node, frame):
                    self._call(node, scope, frame)

    def _is_dishka(self, node: ast.expr, frame: Frame) -> bool:
        called = node.func if isinstance(node, ast.Call) else node
        if not isinstance(called, ast.Name | ast.Attribute):
            return False
        values = self._program.evaluate(called, frame)
        return any(
            isinstance(one, ExternalV) and one.name.startswith("dishka.") and one.name.rpartition(".")[2] in PROVIDING
            for one in values
        )

    def _method(self, call: ast.Call, frame: Frame) -> None:
        """`provider.provide(Service)`."""
        if isinstance(call.func, ast.Attribute) and call.func.attr in PROVIDING:
            provider = self._provider(call.func.value, frame)
            if provider is not None:
                self._call(call, provider[0], frame)

    def _decorator(self, decorator: ast.expr, function: Function) -> None:
        """`@provider.provide`."""
        called = decorator.func if isinstance(decorator, ast.Call) else decorator
        if not isinstance(called, ast.Attribute) or called.attr not in PROVIDING:
            return
        frame = self._program.frames.parent(function)
        provider = self._provider(called.value, frame)
        if provider is not None:
            keywords = decorator.keywords if isinstance(decorator, ast.Call) else []
            self._add(FunctionV(function, frame), keywords, provider[0], frame)

    def _provider(self, node: ast.expr, frame: Frame) -> tuple[str | None] | None:
        """The scope that a provider gives what it provides; None where it is no provider."""
        definitions = self._program.definitions
        for value in self._program.evaluate(node, frame):
            if isinstance(value, InstanceV) and definitions.derives(value.cls, PROVIDERS):
                return (self._scope_of(value.cls),)
            if isinstance(value, ExternalInstanceV) and value.name in PROVIDERS:
                made = self._program.modules.assigned(node.id, frame) if isinstance(node, ast.Name) else None
                keywords = made[0].keywords if made is not None and isinstance(made[0], ast.Call) else []
                return (_scope(keywords, None),)
        return None

    def _scope_of(self, cls: Class) -> str | None:
        for base in self._program.definitions.mro(cls):
            for binding in base.scope.bindings.get("scope", ()) if isinstance(base, Class) else ():
                if isinstance(binding.node, ast.Name | ast.Attribute):
                    return last_name(binding.node)
        return None

    def _call(self, call: ast.Call, scope: str | None, frame: Frame) -> None:
        name = last_name(call.func)
        named = {keyword.arg: keyword.value for keyword in call.keywords}
        if name == "from_context":
            kind = named.get("provides", call.args[0] if call.args else None)
            self._given.update(self._keys(kind, frame) if kind is not None else ())
            return
        sources = [*call.args, *([named["source"]] if "source" in named else [])]
        for source in sources if name == "provide_all" else sources[:1]:
            if name == "alias":
                for key in self._keys(named["provides"], frame) if "provides" in named else ():
                    self._aliases.setdefault(key, {}).update(dict.fromkeys(self._keys(source, frame)))
                continue
            keys = None
            if isinstance(source, ast.Subscript):
                keys = self._keys(source, frame)
                source = source.slice.elts[0] if isinstance(source.slice, ast.Tuple) else source.slice
            for value in self._program.evaluate(source, frame):
                self._add(value, call.keywords, scope, frame, keys)

    def _add(
        self, maker: Value, keywords: list[ast.keyword], scope: str | None, frame: Frame, keys: list[Key] | None = None
    ) -> None:
        provides = next((keyword.value for keyword in keywords if keyword.arg == "provides"), None)
        if provides is not None:
            keys = self._keys(provides, frame)
        elif keys is None:
            keys = self._kinds(maker)
        said = _scope(keywords, scope)
        factory = Factory(frozenset({maker}), weak=said is None or said in ONCE)
        for key in keys:
            self._found.setdefault(key, {})[factory] = None
        self._note(maker, factory.weak)

    def _note(self, maker: Value, weak: bool) -> None:
        code = _code(maker)
        if isinstance(code, Class):
            code = self._program.definitions.constructor(code)
        if isinstance(code, Function):
            self._made[code] = weak and self._made.get(code, True)

    def _kinds(self, maker: Value) -> list[Key]:
        """What a maker makes, by itself or by its annotation."""
        if isinstance(maker, ClassV):
            return [maker.cls]
        if isinstance(maker, ExternalV):
            return [maker.name]
        if isinstance(maker, FunctionV) and not isinstance(maker.function.node, ast.Lambda):
            annotation = maker.function.node.returns
            return list(self._keys(annotation, self._program.frames.parent(maker.function))) if annotation else []
        return []

    def _keys(self, annotation: ast.expr, frame: Frame) -> list[Key]:
        """The kinds that an annotation names."""
        return list(dict.fromkeys(self._named(annotation, frame)))

    def _named(self, annotation: ast.expr, frame: Frame) -> Iterator[Key]:
        if isinstance(annotation, ast.Subscript):
            name = last_name(annotation.value)
            parts = annotation.slice.elts if isinstance(annotation.slice, ast.Tuple) else [annotation.slice]
            if name in SEVERAL:
                for part in parts:
                    yield from self._named(part, frame)
                return
            if name in YIELDED:
                yield from self._named(parts[0], frame)
                return
            if name == "WithParents":
                for key in self._keys(parts[0], frame):
                    yield from self._program.definitions.mro(key) if isinstance(key, Class) else (key,)
                return
        for value in self._program.annotations.instances(annotation, frame):
            if isinstance(value, InstanceV):
                yield value.cls
            elif isinstance(value, ExternalInstanceV) and not value.name.startswith("builtins."):
                yield value.name


def _depends(factory: Factory, site: ast.AST) -> ModelV:
    how = frozenset({ConstantV("once" if factory.weak else "always")})
    return ModelV("depends", (("function", factory.makers), ("container", how)), site)


def _factory(depends: ModelV) -> Factory:
    return Factory(depends.item("function"), ConstantV("once") in depends.item("container"))


def _scope(keywords: list[ast.keyword], default: str | None) -> str | None:
    return next((last_name(keyword.value) for keyword in keywords if keyword.arg == "scope"), default)


def _code(maker: Value) -> Function | Class | None:
    if isinstance(maker, FunctionV):
        return maker.function
    return maker.cls if isinstance(maker, ClassV) else None
