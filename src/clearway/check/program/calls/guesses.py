"""Calls of which neither values nor the engine say anything: what their names and shapes allow."""

from __future__ import annotations

import ast
import builtins
import re
import sys
from functools import cached_property
from typing import TYPE_CHECKING

from clearway.check.program.code import Class, Function
from clearway.check.program.values import (
    UNKNOWN,
    ClassV,
    CoroutineV,
    Frame,
    FunctionV,
    InstanceV,
    ModuleV,
    MoreV,
    ShapeV,
    TaskV,
    Value,
    Values,
)
from clearway.check.program.values.arguments import Arguments
from clearway.check.program.values.effects import Block, Effect, Outcome, Run, Unresolved
from clearway.check.source.syntax import is_next_app, name_of, written

if TYPE_CHECKING:
    from clearway.check.program.program import Program


MOST_NAMESAKES = 2
"""A method that more classes than this define says too little about an object of unknown type."""

COMMON_NAMES = frozenset(
    {"get", "set", "run", "close", "open", "read", "write", "send", "execute", "add", "delete", "update", "create"}
    | {"save", "load", "start", "stop", "name", "commit", "flush", "all", "first", "one", "query", "filter", "next"}
    | {"connect", "result", "call", "apply", "put", "post", "patch", "head", "request", "fetch", "info", "debug"}
    | {"warning", "error", "exception", "log", "json", "text", "content", "validate", "process", "handle", "dict"}
)
"""Names that objects of any library may have."""

WAITING_NAMES = frozenset(
    {"execute", "commit", "query", "fetchall", "fetchone", "request", "get", "post", "put", "delete", "patch"}
    | {"send", "recv", "connect", "read", "write", "result", "join", "wait", "acquire", "run", "invoke", "call"}
    | {"save", "load", "fetch", "download", "upload", "scan", "search", "find", "insert", "refresh", "flush"}
    | {"all", "first", "one", "scalar", "scalars", "exec", "rollback", "generate", "predict", "publish", "sleep"}
)
"""Names that blocking operations of many libraries have."""

WAITING_VERBS = frozenset(
    {"fetch", "load", "save", "execute", "send", "recv", "receive", "download", "upload", "query", "search", "insert"}
    | {"connect", "read", "write", "publish", "wait", "commit", "invoke", "request", "scan", "persist", "compute"}
    | {"predict", "generate", "transcribe", "translate", "embed", "encode", "train", "render", "sync", "run", "call"}
    | {"delete", "create", "update", "store", "retrieve", "submit", "process", "do", "perform", "scrape", "crawl"}
)
"""What a method's name begins with that may wait or compute: `fetch_rows`, `runQuery`."""

_WORDS = re.compile(r"_|(?<=[a-z0-9])(?=[A-Z])")

_LOCATING_NAMES = frozenset({"get", "resolve", "provide", "inject", "get_instance", "get_service", "create_object"})

_OF_DATA = frozenset({*dir(str), *dir(bytes), *dir(dict), *dir(list), *dir(set)})
_METHODS_OF_DATA = frozenset({"get", "pop", "setdefault"})

_CLIENT_WORDS = ("client", "redis", "cache", "session", "http", "request", "conn", "db", "api", "store", "repo")

SESSION_NAMES = frozenset({"db", "session", "db_session", "sess", "dbsession", "_db", "_session", "database"})

SESSION_WAITS = frozenset({"commit", "execute", "refresh", "flush", "rollback", "scalar", "scalars", "merge", "exec"})

QUERY_ENDS = frozenset(
    {"all", "first", "one", "one_or_none", "scalar", "count", "update", "delete", "get", "exists"} - {"exists"}
)


MODELS = frozenset(
    {"pydantic.BaseModel", "sqlalchemy.orm.DeclarativeBase", "sqlmodel.SQLModel", "beanie.Document", "tortoise.Model"}
    | {"tortoise.models.Model", "peewee.Model", "mongoengine.Document", "msgspec.Struct", "odmantic.Model"}
)
"""Base classes of what libraries load and make from data."""

SAYING_LITTLE = frozenset({"abc", "builtins", "object", "typing", "enum", "dataclasses"})
"""Modules whose classes are bases for other reasons than their methods."""


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


def _is_plain(method: Function) -> bool:
    return not method.is_static and not method.is_classmethod and not method.is_abstract


def _builtin(base: str) -> type | None:
    """`dict`, `list` …: a class that every module knows by name."""
    found = getattr(builtins, base.removeprefix("builtins."), None)
    return found if isinstance(found, type) else None


class Guesses:
    """Possible targets, and whether a call could hide something that blocks."""

    def __init__(self, program: Program) -> None:
        self.program = program

    def guess(self, node: ast.Call, frame: Frame, arguments: Arguments) -> Outcome:
        """A call of which neither values nor the engine say anything: what its name allows."""
        called = node.func
        effects: list[Effect] = [Run(inner) for inner in self.program.calls.coroutines(arguments)]
        name = called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""
        if isinstance(called, ast.Attribute):
            entry = self._database_chain(called, frame)
            if entry is not None:
                return Outcome(UNKNOWN, (*effects, entry))
            possible = self._namesakes(name, arguments, node, frame)
            if possible is not None:
                return Outcome(possible.values, (*effects, *possible.effects))
        effects.extend(self.handed_on(arguments, node, frame))
        if is_next_app(node):
            return Outcome(UNKNOWN, tuple(effects))
        located = self.located(node, arguments, frame)
        hides = not isinstance(called, ast.Attribute) or self._inherits(called, frame) or self._is_kept(called, frame)
        hides = hides or (self.may_hide(node) and not self._is_of_python(called, frame))
        effects.append(Unresolved(written(node), hides=hides and not located.values))
        return Outcome(located.values, (*effects, *located.effects))

    def located(self, node: ast.AST, arguments: Arguments, frame: Frame) -> Outcome:
        """`container.get(Service)`: who asks a container of unknown make for a class gets an object of it."""
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            return Outcome(UNKNOWN)
        if node.func.attr not in _LOCATING_NAMES or len(node.args) != 1 or node.keywords:
            return Outcome(UNKNOWN)
        kinds = frozenset(InstanceV(value.cls) for value in arguments.at(0) if isinstance(value, ClassV))
        made = self.program.containers.making(kinds, node, frame)
        awaited = kinds and isinstance(frame.code, Function) and node in frame.code.flow.awaited
        return Outcome(frozenset({ShapeV("await", made.values)}), made.effects) if awaited else made

    def may_hide(self, node: ast.AST) -> bool:
        """Whether a method of an object of which nothing is known could block, by its name and how it is called."""
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            return True
        name = node.func.attr
        verb = _WORDS.split(name.lstrip("_"), maxsplit=1)[0]
        waits = name in self.sinking_names or (verb in WAITING_VERBS and name not in _OF_DATA)
        return waits and not self.looks_up_a_key(node)

    def _inherits(self, called: ast.Attribute, frame: Frame) -> bool:
        """Whether the method may come from a base class of a library of which nothing is known."""
        library = self.program.library
        return any(
            not library.covers(f"{base}.{called.attr}") and library.returns(f"{base}.{called.attr}") is None
            for value in self.program.evaluate(called.value, frame)
            if isinstance(value, InstanceV)
            for base in self.program.definitions.externals(value.cls)
            if _builtin(base) is None
        )

    def _is_kept(self, called: ast.Attribute, frame: Frame) -> bool:
        """Whether it is a function that others put on an object or module of the project: `self.on_done()`."""
        for value in self.program.evaluate(called.value, frame):
            if isinstance(value, ModuleV) and value.module.is_project and called.attr in value.module.scope.bindings:
                return True
            if isinstance(value, InstanceV | ClassV):
                order = [base for base in self.program.definitions.mro(value.cls) if isinstance(base, Class)]
                if any(called.attr in base.scope.bindings or called.attr in base.stores for base in order):
                    return True
        return False

    def _is_of_python(self, called: ast.expr, frame: Frame) -> bool:
        """Whether an object of the project has the method from a class of Python's own: `thread.start()`."""
        if not isinstance(called, ast.Attribute):
            return False
        values = self.program.evaluate(called.value, frame)
        return bool(values) and all(
            isinstance(one, InstanceV) and self._derives_from_python(one, called.attr) for one in values
        )

    def _derives_from_python(self, value: InstanceV, name: str) -> bool:
        bases = self.program.definitions.externals(value.cls)
        if any(hasattr(_builtin(base) or object, name) for base in bases):
            return True
        roots = {base.partition(".")[0] for base in bases}
        return bool(roots - SAYING_LITTLE) and roots <= sys.stdlib_module_names

    def looks_up_a_key(self, node: ast.AST) -> bool:
        """`payload.get("name", default)`: a dictionary's method, unless the object's name says that it is a client."""
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or not node.args:
            return False
        name = name_of(node.func.value).lower()
        if node.func.attr not in _METHODS_OF_DATA or any(word in name for word in _CLIENT_WORDS):
            return False
        key = node.args[0]
        return isinstance(key, ast.Constant) and isinstance(key.value, str) and not set("/:") & set(key.value)

    def handed_on(self, arguments: Arguments, node: ast.AST, frame: Frame) -> list[Effect]:
        """Async functions defined here and handed to something unknown: it calls them on the loop."""
        return [
            Run(self.program.parameters.frame(value, Arguments()))
            for values in arguments.all()
            for value in values
            if isinstance(value, FunctionV) and value.function.is_async and value.function.parent is frame.code
        ]

    def of_models(self, name: str, arguments: Arguments, node: ast.AST, frame: Frame) -> Outcome | None:
        """A method of what a library gave as data: it may be one of the project's models, which it loaded."""
        methods = self._of_models.get(name)
        if methods is None or not isinstance(node, ast.Call):
            return None
        possible = self._namesakes(name, arguments, node, frame)
        return Outcome(UNKNOWN, (Unresolved(written(node)),)) if possible is None else possible

    @cached_property
    def _of_models(self) -> dict[str, list[Function]]:
        """Methods of the project's models, by names that data itself does not have."""
        definitions = self.program.definitions
        found: dict[str, list[Function]] = {}
        for name, methods in definitions.methods.items():
            if name.startswith("_") or name in COMMON_NAMES or name in _OF_DATA:
                continue
            ours = [m for m in methods if m.owner is not None and not m.is_property and _is_plain(m)]
            if any(method.owner is not None and definitions.derives(method.owner, MODELS) for method in ours):
                found[name] = ours
        return found

    def _namesakes(self, name: str, arguments: Arguments, node: ast.AST, frame: Frame) -> Outcome | None:
        """The project's few methods of this name, as possible targets."""
        if name.startswith("__") or name in COMMON_NAMES or name in dir(str) or name in dir(dict) or name in dir(list):
            return None
        methods = [method for method in self.program.definitions.methods.get(name, ()) if not method.is_abstract]
        # `def send(self, x): self.transport.send(x)` does not mean itself.
        if not _is_of_super(node):
            methods = [method for method in methods if method is not frame.code]
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
            outcome = self.program.calls.function(
                FunctionV(method, self.program.frames.parent(method), bound), arguments
            )
            if awaited and not any(_is_awaitable(value) for value in outcome.values):
                continue
            tried = True
            given, done = outcome.values, outcome.effects
            if awaited:
                # Awaited right here: what it runs is as possible as the guess itself.
                coroutines = [value.frame for value in given if isinstance(value, CoroutineV)]
                done = (*done, *map(Run, coroutines))
                results = self.program.awaited(frozenset(map(CoroutineV, coroutines)))
                given = frozenset(value for value in given if not isinstance(value, CoroutineV))
                given |= {ShapeV("await", results)} if coroutines else UNKNOWN
            values = self.program.union(values, given)
            effects.extend(Run(e.frame, possible=True) if isinstance(e, Run) else e for e in done)
        return Outcome(values, tuple(effects)) if tried else None

    def _database_chain(self, called: ast.Attribute, frame: Frame) -> Block | None:
        """`db.query(X).filter(...).all()` and `db.commit()` on a `db` without a type: the shape tells."""
        base = called.value
        name = called.attr
        while isinstance(base, ast.Call | ast.Attribute):
            if isinstance(base, ast.Call):
                inner = base.func
                if isinstance(inner, ast.Attribute) and inner.attr == "query" and name_of(inner.value) in SESSION_NAMES:
                    return self._block("sqlalchemy.orm.Query", name) if name in QUERY_ENDS else None
                base = inner
            else:
                base = base.value
        if (
            name_of(called.value) in SESSION_NAMES
            and name in SESSION_WAITS
            and isinstance(called.value, ast.Name | ast.Attribute)
        ):
            return self._block("sqlalchemy.orm.Session", name)
        return None

    def _block(self, cls: str, name: str) -> Block | None:
        entry = self.program.library.sink(f"{cls}.{name}")
        return Block(entry, f"{cls}.{name}", possible=True) if entry is not None else None

    @cached_property
    def sinking_names(self) -> frozenset[str]:
        """Method names under which something could hide: the project's own methods and functions."""
        names = {name for name in self.program.definitions.methods if not name.startswith("__")}
        return frozenset(names | WAITING_NAMES)
