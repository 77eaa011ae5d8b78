"""Which functions the framework enters when it is given something, and the frames by which it does."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from clearway.check.program.code import Function
from clearway.check.program.values import (
    ClassV,
    CoroutineV,
    Frame,
    FunctionV,
    GeneratorV,
    InstanceV,
    ModelV,
    PartialV,
    Value,
)
from clearway.check.program.values.arguments import Arguments
from clearway.check.roots.dependencies import Dependencies
from clearway.check.source.syntax import last_name
from clearway.model import RootKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clearway.check.program.program import Program

ENDPOINT_METHODS = ("get", "post", "put", "patch", "delete", "head", "options")
MOST_WAYS = 24
"""A root that is entered in more ways than this is followed in the first ones."""


@dataclass(slots=True)
class Entry:
    """A root, and the frame by which it is entered."""

    function: Function
    kind: RootKind
    frame: Frame
    is_async: bool
    """Whether what the framework runs is async: a decorator can change that."""
    on_loop: bool
    """False for what runs in a thread."""
    routes: dict[str, None] = field(default_factory=dict)
    dependencies: dict[Function, None] = field(default_factory=dict)
    """The dependencies that run before it."""
    starting: bool = False
    """It runs once, when the service starts."""
    unknown: ast.AST | None = None
    """The decorator that makes of it something of which nothing is known, and which runs in its place."""
    by_container: bool = False
    """A container calls it to make what it injects: on the loop, `def` or not."""
    listens: bool = False
    """An engine or session of SQLAlchemy calls it when it connects, flushes, executes: on the loop, if it is async."""
    others: dict[Frame, None] = field(default_factory=dict)
    """Further ways in which it is entered: an endpoint that a factory makes for several routes, a method of a base."""

    @property
    def frames(self) -> tuple[Frame, ...]:
        return (self.frame, *self.others)

    @property
    def id(self) -> str:
        return self.function.id


class Entries:
    """The roots found so far."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.table: dict[tuple[Function, RootKind], Entry] = {}
        self.found = 0
        """How often something was found to be entered, anew or again."""
        self.dependencies = Dependencies(program, self)

    def add(self, function: Function, kind: RootKind, frame: Frame, is_async: bool, *, on_loop: bool) -> Entry:
        key = (function, kind)
        self.found += 1
        entry = self.table.get(key)
        if entry is None:
            entry = self.table[key] = Entry(function, kind, frame, is_async, on_loop)
        elif frame is not entry.frame and len(entry.others) < MOST_WAYS:
            entry.others[frame] = None
        return entry

    def of(self, value: Value, kind: RootKind, node: ast.AST, frame: Frame) -> list[Entry]:
        """The entries of something that the framework calls."""
        found: list[Entry] = []
        for function, run, is_async in self._entered(value, node, frame):
            written = self._written(function, run, node, frame)
            if written.module.is_project:
                found.append(self.add(written, kind, run, is_async, on_loop=is_async))
        for entry in found:
            self.dependencies.note(entry)
        return found

    def endpoints(
        self, value: Value, kind: str, node: ast.AST, frame: Frame
    ) -> Iterator[tuple[Entry, list[str] | None]]:
        """The entries of an endpoint, with its own methods where it is a class."""
        root = RootKind.WEBSOCKET if kind == "websocket" else RootKind.ENDPOINT
        if isinstance(value, ClassV):
            instance = InstanceV(value.cls)
            names = ("on_connect", "on_receive", "on_disconnect") if kind == "websocket" else ENDPOINT_METHODS
            for name in names:
                method = self.program.definitions.method(value.cls, name)
                if method is not None and method.module.is_project:
                    entry = self.add(
                        method,
                        root,
                        self.program.frames.generic(method, instance),
                        method.is_async,
                        on_loop=method.is_async,
                    )
                    yield entry, None if kind == "websocket" else [name.upper()]
            return
        for entry in self.of(value, root, node, frame):
            yield entry, None

    def middleware(self, value: Value, node: ast.AST, frame: Frame) -> list[Entry]:
        if isinstance(value, ClassV):
            found: list[Entry] = []
            instance = InstanceV(value.cls)
            for name in ("dispatch", "__call__"):
                method = self.program.definitions.own_method(value.cls, name) or (
                    self.program.definitions.method(value.cls, name)
                )
                if method is not None and method.module.is_project:
                    run = self.program.frames.generic(method, instance)
                    found.append(self.add(method, RootKind.MIDDLEWARE, run, method.is_async, on_loop=True))
            return found
        return self.of(value, RootKind.MIDDLEWARE, node, frame)

    def asgi(self, value: InstanceV) -> None:
        """A mounted ASGI app of the project's own."""
        for frame in self.program.special_frames(value, "__call__"):
            function = frame.code
            if isinstance(function, Function) and function.module.is_project and function.is_async:
                self.add(function, RootKind.MIDDLEWARE, frame, True, on_loop=True)

    def _entered(self, value: Value, node: ast.AST, frame: Frame) -> list[tuple[Function, Frame, bool]]:
        """The functions that calling a value enters: each with its frame, and whether it is async."""
        program = self.program
        match value:
            case FunctionV(function=function):
                return [(function, program.parameters.frame(value, Arguments()), function.is_async)]
            case PartialV(function=inner, arguments=arguments, keywords=keywords):
                if isinstance(inner, FunctionV):
                    run = program.parameters.frame(inner, Arguments(arguments, keywords))
                    return [(inner.function, run, inner.function.is_async)]
                return []
            case ModelV(name="context_manager"):
                return [found for inner in value.item("function") for found in self._entered(inner, node, frame)]
            case InstanceV():
                frames = program.special_frames(value, "__call__")
                return [(run.code, run, run.code.is_async) for run in frames if isinstance(run.code, Function)]
            case ClassV(cls=cls):
                init = program.definitions.method(cls, "__init__")
                if init is None:
                    return []
                return [(init, program.frames.generic(init, InstanceV(cls)), False)]
            case _:
                # A wrapper that offloads, or something made by a call that we can look at.
                outcome = program.calls.apply(value, Arguments(), node, frame)
                return [
                    (made.frame.code, made.frame, True)
                    for made in outcome.values
                    if isinstance(made, CoroutineV | GeneratorV) and isinstance(made.frame.code, Function)
                ]

    def _written(self, function: Function, run: Frame, node: ast.AST, frame: Frame) -> Function:
        """The function that a person would name: the decorated one, not its wrapper."""
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            return frame.module.functions[node]
        return self._innermost(function, run)

    def _innermost(self, function: Function, run: Frame) -> Function:
        """The function under all its wrappers, by their `functools.wraps`."""
        outside = run.parent
        # One decorator may be there twice: its wrapper then wraps another wrapper of its own.
        seen = {(function, outside)}
        while (inner := self._wrapped(function, outside)) is not None and (inner.function, inner.frame) not in seen:
            function, outside = inner.function, inner.frame
            seen.add((function, outside))
        return function

    def _wrapped(self, function: Function, outside: Frame | None) -> FunctionV | None:
        """The function that a wrapper made in this frame is the wrapper of."""
        for decorator in [] if isinstance(function.node, ast.Lambda) else function.node.decorator_list:
            if isinstance(decorator, ast.Call) and last_name(decorator.func) == "wraps" and decorator.args:
                where = outside or self.program.frames.of_module(function.module)
                found = [one for one in self.program.evaluate(decorator.args[0], where) if isinstance(one, FunctionV)]
                if len({one.function for one in found}) == 1:
                    return found[0]
        return None
