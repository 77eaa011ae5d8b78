"""Calls of which neither values nor the engine say anything: what their names and shapes allow."""

from __future__ import annotations

import ast
import re
from functools import cached_property
from typing import TYPE_CHECKING

from clearway.check.program.calls.namesakes import COMMON_NAMES, builtin
from clearway.check.program.code import Class, Function
from clearway.check.program.values import (
    UNKNOWN,
    ClassV,
    Frame,
    FunctionV,
    InstanceV,
    ModuleV,
    ShapeV,
)
from clearway.check.program.values.arguments import Arguments
from clearway.check.program.values.effects import Block, Effect, Outcome, Run, Unresolved
from clearway.check.source.syntax import is_next_app, name_of, written

if TYPE_CHECKING:
    from clearway.check.program.program import Program


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

OUTSIDE_WORDS = frozenset(
    {"client", "clients", "collection", "collections", "conn", "connection", "cursor", "database", "db", "mongo"}
    | {"redis", "repo", "repository", "session", "storage", "store", "vectorstore", "bucket", "s3", "es", "broker"}
)
"""Words in the names of objects that are databases, clients and stores."""

HARMLESS = frozenset(
    ({*dir(str), *dir(bytes)} - {"count", "find", "index", "join"})
    | {"append", "extend", "items", "keys", "values", "copy", "get", "dict", "json", "model_dump", "isoformat"}
    | {"debug", "info", "warning", "error", "exception", "critical", "log"}
)
"""What such an object does not ask anybody for: methods of text and collections, logging, turning data. (What `get`
looks up is judged by itself.)
"""

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


def _is_plain(method: Function) -> bool:
    return not method.is_static and not method.is_classmethod and not method.is_abstract


def _is_of_state(called: ast.expr) -> bool:
    """`request.app.state.load()`: whatever was put there."""
    return (
        isinstance(called, ast.Attribute) and isinstance(called.value, ast.Attribute) and called.value.attr == "state"
    )


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
            possible = self.program.namesakes.of(name, arguments, node, frame)
            if possible is not None:
                return Outcome(possible.values, (*effects, *possible.effects))
            effects.extend(self.program.namesakes.called_back(name, node, frame))
        effects.extend(self.handed_on(arguments, node, frame))
        if is_next_app(node):
            return Outcome(UNKNOWN, tuple(effects))
        located = self.located(node, arguments, frame)
        hides = not isinstance(called, ast.Attribute) or self._inherits(called, frame) or self._is_kept(called, frame)
        hides = hides or _is_of_state(called)
        hides = hides or (self.may_hide(node, frame) and not self._is_of_python(called, frame))
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

    def may_hide(self, node: ast.AST, frame: Frame) -> bool:
        """Whether a method of an object of which nothing is known could block: by its name and how it is called, and
        by whose it is. Where its name says nothing, the object of a library that goes outside of the process may.
        """
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            return True
        name = node.func.attr
        verb = _WORDS.split(name.lstrip("_"), maxsplit=1)[0]
        waits = name in self.sinking_names or (verb in WAITING_VERBS and name not in _OF_DATA)
        waits = waits or (name not in HARMLESS and self._goes_outside(node.func.value, frame))
        return waits and not self.looks_up_a_key(node)

    def _goes_outside(self, node: ast.expr, frame: Frame) -> bool:
        """Whether an object is a database, a client or a store by its name, or is what a library's base class keeps."""
        inner = node
        while isinstance(inner, ast.Attribute | ast.Subscript | ast.Call):
            inner = inner.func if isinstance(inner, ast.Call) else inner.value
        words = {word.lower() for word in _WORDS.split(name_of(node))}
        if words & OUTSIDE_WORDS or (isinstance(inner, ast.Name) and inner.id.lower() in OUTSIDE_WORDS):
            return True
        return isinstance(node, ast.Attribute) and self._inherits(node, frame) and not self._is_kept(node, frame)

    def _inherits(self, called: ast.Attribute, frame: Frame) -> bool:
        """Whether the method may come from a base class of a library of which nothing is known."""
        library = self.program.library
        return any(
            not library.covers(f"{base}.{called.attr}") and library.returns(f"{base}.{called.attr}") is None
            for value in self.program.evaluate(called.value, frame)
            if isinstance(value, InstanceV)
            for base in self.program.definitions.externals(value.cls)
            if builtin(base) is None
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
            isinstance(one, InstanceV) and self.program.namesakes.derives_from_python(one, called.attr)
            for one in values
        )

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
        possible = self.program.namesakes.of(name, arguments, node, frame)
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
