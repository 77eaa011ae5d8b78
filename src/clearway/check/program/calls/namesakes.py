"""Methods of the project that have the name of a method that is called on an object of which nothing is known."""

from __future__ import annotations

import ast
import builtins
import sys
from typing import TYPE_CHECKING

from clearway.check.program.code import Class, Function
from clearway.check.program.values import (
    UNKNOWN,
    ClassV,
    CoroutineV,
    Frame,
    FunctionV,
    InstanceV,
    MoreV,
    ShapeV,
    TaskV,
    Value,
    Values,
)
from clearway.check.program.values.effects import Effect, Outcome, Run

if TYPE_CHECKING:
    from clearway.check.program.program import Program
    from clearway.check.program.values.arguments import Arguments

MOST_NAMESAKES = 2
"""A method that more classes than this define says too little about an object of unknown type."""

COMMON_NAMES = frozenset(
    {"get", "set", "run", "close", "open", "read", "write", "send", "execute", "add", "delete", "update", "create"}
    | {"save", "load", "start", "stop", "name", "commit", "flush", "all", "first", "one", "query", "filter", "next"}
    | {"connect", "result", "call", "apply", "put", "post", "patch", "head", "request", "fetch", "info", "debug"}
    | {"warning", "error", "exception", "log", "json", "text", "content", "validate", "process", "handle", "dict"}
)
"""Names that objects of any library may have."""

SAYING_LITTLE = frozenset({"abc", "builtins", "object", "typing", "enum", "dataclasses"})
"""Modules whose classes are bases for other reasons than their methods."""

_VISITING = (frozenset({"visit", "generic_visit"}), "visit_")
_HANDLING = (frozenset({"feed", "close"}), "handle_")
CALLING_BACK = {
    "ast.NodeVisitor": _VISITING,
    "ast.NodeTransformer": _VISITING,
    "html.parser.HTMLParser": _HANDLING,
}
"""Classes of Python's own by whose methods those of a subclass are called, and how the names of these begin."""


def _fits(method: Function, call: ast.AST) -> bool:
    """Whether a method takes as many arguments as a call gives, by these names."""
    if not isinstance(call, ast.Call):
        return True
    spec = method.node.args
    if any(isinstance(one, ast.Starred) for one in call.args) or any(one.arg is None for one in call.keywords):
        return True
    if set(method.decorators) - {"staticmethod", "classmethod"}:
        return True  # the decorator may take others
    names = [one.arg for one in (*spec.posonlyargs, *spec.args)][0 if method.receiver is None else 1 :]
    if len(call.args) > len(names) and spec.vararg is None:
        return False
    given = {*names[: len(call.args)], *(one.arg for one in call.keywords)}
    required = {*names[: len(names) - len(spec.defaults)]} if len(spec.defaults) <= len(names) else set()
    required |= {one.arg for one, value in zip(spec.kwonlyargs, spec.kw_defaults, strict=True) if value is None}
    known = {*names, *(one.arg for one in spec.kwonlyargs)}
    return required <= given and (spec.kwarg is not None or given <= known)


def _is_of_super(node: ast.AST) -> bool:
    """`super().send(x)`: what the base's does is its author's affair, who was asked before."""
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Call(func=ast.Name(id="super")))):
            return True
        case _:
            return False


def _is_awaitable(value: Value) -> bool:
    return isinstance(value, CoroutineV | TaskV | MoreV) or (isinstance(value, ShapeV) and value.shape == "await")


def builtin(base: str) -> type | None:
    """`dict`, `list` …: a class that every module knows by name."""
    found = getattr(builtins, base.removeprefix("builtins."), None)
    return found if isinstance(found, type) else None


class Namesakes:
    """Finds them, unless the object's own class says where the method comes from."""

    def __init__(self, program: Program) -> None:
        self._program = program

    def of(self, name: str, arguments: Arguments, node: ast.AST, frame: Frame) -> Outcome | None:
        """The project's few methods of this name, as possible targets."""
        if name.startswith("__") or name in COMMON_NAMES or name in dir(str) or name in dir(dict) or name in dir(list):
            return None
        methods = self._possible(name, node, frame)
        if not 0 < len(methods) <= MOST_NAMESAKES or any(method.is_property for method in methods):
            return None
        values: Values = UNKNOWN
        effects: list[Effect] = []
        flow = frame.code.flow if isinstance(frame.code, Function) else None
        tried = False
        for method in methods:
            awaited = flow is not None and node in flow.awaited
            handed = flow is not None and node in flow.handed_to_loop
            if method.owner is None or (method.is_async and not method.is_generator and not awaited and not handed):
                continue  # a coroutine that nobody awaits
            if not _fits(method, node):
                continue
            receiver: Value = ClassV(method.owner) if method.is_classmethod else InstanceV(method.owner)
            bound = None if method.is_static else receiver
            outcome = self._program.calls.function(
                FunctionV(method, self._program.frames.parent(method), bound), arguments
            )
            if awaited and not any(_is_awaitable(value) for value in outcome.values):
                continue
            tried = True
            given, done = outcome.values, outcome.effects
            if awaited:
                # Awaited right here: what it runs is as possible as the guess itself.
                coroutines = [value.frame for value in given if isinstance(value, CoroutineV)]
                done = (*done, *map(Run, coroutines))
                results = self._program.awaited(frozenset(map(CoroutineV, coroutines)))
                given = frozenset(value for value in given if not isinstance(value, CoroutineV))
                given |= {ShapeV("await", results)} if coroutines else UNKNOWN
            values = self._program.union(values, given)
            effects.extend(Run(e.frame, possible=True) if isinstance(e, Run) else e for e in done)
        return Outcome(values, tuple(effects)) if tried else None

    def _possible(self, name: str, node: ast.AST, frame: Frame) -> list[Function]:
        """Those that the object may have: of no test where the call is in none, of no class that it cannot be."""
        methods = [method for method in self._program.definitions.methods.get(name, ()) if not method.is_abstract]
        # `def send(self, x): self.transport.send(x)` does not mean itself.
        if not _is_of_super(node):
            methods = [method for method in methods if method is not frame.code]
        if not frame.module.is_test:
            methods = [method for method in methods if not method.module.is_test]
        owners = self._inheriting(node, name, frame)
        if owners:
            definitions = self._program.definitions
            methods = [
                method
                for method in methods
                if method.owner is not None and any(definitions.is_subclass(method.owner, owner) for owner in owners)
            ]
        return methods

    def _inheriting(self, node: ast.AST, name: str, frame: Frame) -> list[Class]:
        """The classes of the called object, where each has the method from a class outside of the project."""
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            return []
        values = self._program.evaluate(node.func.value, frame)
        owners = [value.cls for value in values if isinstance(value, InstanceV) and self._inherits(value, name)]
        return owners if len(owners) == len(values) else []

    def _inherits(self, value: InstanceV, name: str) -> bool:
        library = self._program.library
        bases = self._program.definitions.externals(value.cls)
        return self.derives_from_python(value, name) or any(
            base.partition(".")[0] not in SAYING_LITTLE and library.covers(f"{base}.{name}") for base in bases
        )

    def derives_from_python(self, value: InstanceV, name: str) -> bool:
        """Whether an object of the project has a method from a class of Python's own."""
        bases = self._program.definitions.externals(value.cls)
        if any(hasattr(builtin(base) or object, name) for base in bases):
            return True
        roots = {base.partition(".")[0] for base in bases}
        return bool(roots - SAYING_LITTLE) and roots <= sys.stdlib_module_names

    def called_back(self, name: str, node: ast.Call, frame: Frame) -> list[Effect]:
        """`visitor.visit(tree)`: the object's own methods that a method of Python's own calls."""
        assert isinstance(node.func, ast.Attribute)
        definitions = self._program.definitions
        found: dict[Effect, None] = {}
        for value in self._program.evaluate(node.func.value, frame):
            for base in definitions.externals(value.cls) if isinstance(value, InstanceV) else ():
                names, beginning = CALLING_BACK.get(base, (frozenset[str](), ""))
                for method in self._beginning_with(value, beginning) if name in names else ():
                    found[Run(self._program.frames.call(method, {}, value, None), possible=True)] = None
        return list(found)

    def _beginning_with(self, value: Value, beginning: str) -> list[Function]:
        assert isinstance(value, InstanceV)
        found: dict[str, Function] = {}
        for base in self._program.definitions.mro(value.cls):
            for name in base.scope.bindings if isinstance(base, Class) else ():
                if name.startswith(beginning) and isinstance(base, Class):
                    method = self._program.definitions.own_method(base, name)
                    if method is not None and method.receiver is not None:
                        found.setdefault(name, method)
        return list(found.values())
