"""Finds the roots: walks what runs when the modules are imported, and what registers functions elsewhere."""

from __future__ import annotations

import ast
import re
from functools import cached_property
from typing import TYPE_CHECKING

from clearway.check.program.code import Function, Module
from clearway.check.program.values import (
    OPAQUE,
    ClassV,
    Code,
    ConstantV,
    Frame,
    InstanceV,
    MoreV,
    ShapeV,
    Value,
    Values,
)
from clearway.check.program.values.effects import Register, Run, Spawn
from clearway.check.roots.entries import MOST_WAYS, Entries, Entry
from clearway.check.roots.loops import Loops
from clearway.check.roots.registrations import install
from clearway.check.roots.routers import Routers
from clearway.check.roots.text import may_register, registers, route_path
from clearway.check.roots.validation import validate
from clearway.model import RootKind

if TYPE_CHECKING:
    from clearway.check.program.program import Program

_CONVERTOR = re.compile(r":\w+\}")
"""`{path:path}` is shown as `{path}`, as FastAPI's own documentation of a service does."""
ASYNC_ENGINES = re.compile(r"\b(?:create_async_engine|async_engine_from_config|AsyncEngine)\b")
UNKNOWN_PATH = "?"
"""Below a prefix it is shown as `/api/…`."""
HANDLERS = {
    "route": RootKind.ENDPOINT,
    "websocket": RootKind.WEBSOCKET,
    "middleware": RootKind.MIDDLEWARE,
    "exception_handler": RootKind.EXCEPTION_HANDLER,
    "lifespan": RootKind.LIFESPAN,
}
"""Registrations of something that the framework calls."""
ALWAYS_ON_LOOP = ("middleware", "lifespan", "websocket")
STARTED = (RootKind.TASK, RootKind.BACKGROUND_TASK)
ROUTE_METHODS = ("get_route_handler", "handle", "__call__")
"""Methods of a route that run, or make what runs, for each request."""


class Roots:
    """The roots of one program."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._entries = Entries(program)
        self.entries = self._entries.table
        self._walked: set[Frame] = set()
        self._loops = Loops(program)
        self._walked_code: set[Code] = set()
        self._routers = Routers()
        self._pending: list[tuple[Entry, Value | None, list[str], list[str], Values]] = []
        self._middleware: list[Entry] = []
        self._declared: dict[Function, list[tuple[ast.AST, Frame]]] = {}
        """What registered an endpoint."""
        self._handlers: list[tuple[Entry, Value | None]] = []
        """What route classes put around the endpoints of a router."""
        self._entered: set[ast.AST] = set()
        """Registrations whose handler is known, in one of the frames at least."""
        self._unentered: dict[ast.AST, tuple[Register, Frame]] = {}
        self.unresolved: list[tuple[ast.AST, Frame]] = []
        """Registrations of which nobody knows what they register."""

    def collect(self, *, everything: bool = False) -> None:
        """Find all roots that registration shows; those that running code starts are added with `spawned`."""
        for module in self.program.modules.project:
            self._walk(self.program.frames.of_module(module))
        for module in self.program.modules.project:
            self._registering_functions(module)
            self._untyped_decorators(module)
        self._assigned_route_classes()
        self._assigned_lifespans()
        self._unknown_handlers()
        self._place()
        for entry in list(self.entries.values()):
            validate(self.program, entry, self._declared.get(entry.function, ()))
        if everything:
            rooted = {function for function, _ in self.entries}
            for module in self.program.modules.project:
                for function in module.functions.values():
                    if function.is_async and function not in rooted:
                        self._entries.add(
                            function, RootKind.OTHER, self.program.frames.generic(function), True, on_loop=True
                        )

    def spawned(self, spawn: Spawn) -> list[Entry]:
        """The roots that a call to the loop starts: those that are new, or entered in a new way."""
        found: list[Entry] = []
        for frame in spawn.frames:
            kind = RootKind.BACKGROUND_TASK if spawn.kind == "background_task" else RootKind.TASK
            function = frame.code
            if not isinstance(function, Function) or not function.module.is_project:
                continue
            # One function is one root, whichever way it is started.
            kind = next((one for one in STARTED if (function, one) in self.entries), kind)
            known = self.entries.get((function, kind))
            if known is not None and (frame in known.frames or len(known.others) >= MOST_WAYS):
                continue
            on_loop = function.is_async or spawn.kind != "background_task"
            found.append(self._entries.add(function, kind, frame, function.is_async, on_loop=on_loop))
        return found

    def _walk(self, frame: Frame) -> None:
        """Everything that running this code registers, at once or in the functions that it calls."""
        waiting = [frame]
        while waiting:
            current = waiting.pop()
            if current in self._walked or not current.module.is_project:
                continue
            self._walked.add(current)
            self._walked_code.add(current.code)
            for step in self.program.steps(current):
                for effect in step.effects:
                    if isinstance(effect, Register):
                        self._register_each(effect, step.node, current)
                    elif isinstance(effect, Run):
                        waiting.append(effect.frame)
                    elif isinstance(effect, Spawn):
                        self.spawned(effect)

    def _register_each(self, effect: Register, node: ast.AST, frame: Frame) -> None:
        """Register once for each turn of the loops around, where these can be told."""
        if effect.kind not in ("route", "websocket"):
            return self._register(effect, node, frame)
        turns = self._loops.turns(node, frame)
        for turn in turns:
            for one in self.program.effects_of(node, turn):
                if isinstance(one, Register):
                    self._register(one, node, turn)
        if not turns:
            self._register(effect, node, frame)
        return None

    def _registering_functions(self, module: Module) -> None:
        """Functions that no import runs: app factories, plugins' `register(app)`."""
        if not may_register(module):
            return
        known = set(self._walked_code)
        for function in module.functions.values():
            if function in known or isinstance(function.node, ast.Lambda):
                continue
            if registers(function.node):
                self._walk(self.program.frames.generic(function))

    def _untyped_decorators(self, module: Module) -> None:
        """`@router.get("/x")` on a router of unknown make."""
        known: set[Function] | None = None
        for function in module.functions.values():
            if isinstance(function.node, ast.Lambda):
                continue
            for decorator in function.node.decorator_list:
                path = route_path(decorator)
                if path is None:
                    continue
                if known is None:
                    known = {one for one, _ in self.entries}
                if function in known:
                    continue
                assert isinstance(decorator, ast.Call)
                assert isinstance(decorator.func, ast.Attribute)
                frame = self.program.frames.parent(function)
                if self.program.evaluate(decorator.func.value, frame):
                    continue
                kind = RootKind.WEBSOCKET if decorator.func.attr == "websocket" else RootKind.ENDPOINT
                entry = self._entries.add(
                    function, kind, self.program.frames.generic(function), function.is_async, on_loop=function.is_async
                )
                method = decorator.func.attr.upper()
                route = f"WS {path}" if kind is RootKind.WEBSOCKET else f"{method} {path}"
                entry.routes[route] = None
                self._entries.dependencies.note(entry)

    def _unknown_handlers(self) -> None:
        """A handler that nobody can make out is a root by its `def`, where there is one; else it is counted."""
        for node, (effect, frame) in self._unentered.items():
            if node in self._entered:
                continue
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                function = frame.module.functions[node]
                run = self.program.frames.generic(function)
                on_loop = function.is_async or effect.kind in ALWAYS_ON_LOOP
                entry = self._entries.add(function, HANDLERS[effect.kind], run, function.is_async, on_loop=on_loop)
                entry.unknown = node.decorator_list[min(1, len(node.decorator_list) - 1)]
                entry.starting = effect.kind == "lifespan"
                self._entries.dependencies.note(entry)
                if effect.kind in ("route", "websocket"):
                    self._routed(effect, entry, None, node, frame)
            elif all(value in OPAQUE or isinstance(value, ShapeV | MoreV) for value in effect.functions):
                self.unresolved.append((node, frame))

    def _register(self, effect: Register, node: ast.AST, frame: Frame) -> None:
        before = self._entries.found
        self._register_one(effect, node, frame)
        if effect.kind in HANDLERS:
            if self._entries.found > before:
                self._entered.add(node)
            else:
                self._unentered.setdefault(node, (effect, frame))

    def _register_one(self, effect: Register, node: ast.AST, frame: Frame) -> None:
        match effect.kind:
            case "app":
                self._routers.made(effect)
            case "include":
                for child in effect.functions:
                    self._routers.included(child, effect)
                    if isinstance(child, InstanceV) and effect.owner is not None:
                        self._entries.asgi(child)
            case "route" | "websocket":
                self._route(effect, node, frame)
            case "middleware":
                for value in effect.functions:
                    self._middleware.extend(self._entries.middleware(value, node, frame))
            case "route_class":
                for value in effect.functions:
                    self._route_class(value, effect.owner, node, frame)
            case "exception_handler":
                for value in effect.functions:
                    self._entries.of(value, RootKind.EXCEPTION_HANDLER, node, frame)
            case "listener":
                for value in effect.functions:
                    self._listener(value, node, frame)
            case "lifespan":
                for value in effect.functions:
                    self._lifespan(value, node, frame)
            case _:
                pass

    def _lifespan(self, value: Value, node: ast.AST, frame: Frame) -> None:
        for entry in self._entries.of(value, RootKind.LIFESPAN, node, frame):
            entry.starting = True
            if entry.function.is_generator:
                self.program.external_attributes.lifespans.append(entry.frame)
            entry.on_loop = True

    def _listener(self, value: Value, node: ast.AST, frame: Frame) -> None:
        """`@event.listens_for(engine, "connect")`: what an async engine or session does, it does on the loop."""
        for entry in self._entries.of(value, RootKind.OTHER, node, frame):
            entry.listens = True
            entry.on_loop = self._has_async_engine

    @cached_property
    def _has_async_engine(self) -> bool:
        return any(ASYNC_ENGINES.search(module.source.text) for module in self.program.modules.project)

    def _assigned_lifespans(self) -> None:
        """`app.router.lifespan_context = lifespan`, whatever the app is."""
        program = self.program
        for module, function, target, value in program.stores.of_attribute("lifespan_context"):
            where = program.frames.of_module(module) if function is None else program.frames.generic(function)
            for one in program.evaluate(value, where):
                self._lifespan(one, target, where)

    def _route_class(self, value: Value, owner: Value | None, node: ast.AST, frame: Frame) -> None:
        """`APIRouter(route_class=Timed)`: the handler that it puts around every endpoint runs on the loop."""
        if not isinstance(value, ClassV):
            return
        instance = InstanceV(value.cls)
        for name in ROUTE_METHODS:
            method = self.program.definitions.method(value.cls, name)
            if method is None or not method.module.is_project:
                continue
            run = self.program.frames.generic(method, instance)
            if name == "get_route_handler":
                entries = [
                    entry
                    for handler in self.program.returns(run)
                    for entry in self._entries.of(handler, RootKind.MIDDLEWARE, node, frame)
                ]
            else:
                entries = [self._entries.add(method, RootKind.MIDDLEWARE, run, method.is_async, on_loop=True)]
            self._handlers.extend((entry, owner) for entry in entries)

    def _assigned_route_classes(self) -> None:
        """`router.route_class = Timed`."""
        program = self.program
        for module, function, target, value in program.stores.of_attribute("route_class"):
            where = program.frames.of_module(module) if function is None else program.frames.generic(function)
            for owner in program.evaluate(target.value, where):
                for cls in program.evaluate(value, where):
                    self._route_class(cls, owner, target, where)

    def _route(self, effect: Register, node: ast.AST, frame: Frame) -> None:
        for value in effect.functions:
            for entry, own in self._entries.endpoints(value, effect.kind, node, frame):
                self._routed(effect, entry, own, node, frame)

    def _routed(self, effect: Register, entry: Entry, own: list[str] | None, node: ast.AST, frame: Frame) -> None:
        """An endpoint is to be placed; `own` are the methods that it says itself."""
        paths = sorted({str(v.value) for v in effect.detail("path") if isinstance(v, ConstantV)}) or [UNKNOWN_PATH]
        methods = [str(v.value) for v in effect.detail("methods") if isinstance(v, ConstantV)]
        names = ["WS"] if effect.kind == "websocket" else sorted(own or methods or ["GET"])
        self._pending.append((entry, effect.owner, names, paths, effect.detail("dependencies")))
        self._declared.setdefault(entry.function, []).append((node, frame))

    def _place(self) -> None:
        """Full paths of the routes, and the dependencies that routers add."""
        handled: list[tuple[Entry, dict[str, None]]] = []
        for entry, owner, methods, paths, dependencies in self._pending:
            for prefix, inherited in self._routers.prefixes(owner):
                for own in paths:
                    path = "/…" if own is UNKNOWN_PATH and prefix else own
                    routes = {f"{method} {_CONVERTOR.sub('}', prefix + path) or '/'}": None for method in methods}
                    entry.routes.update(routes)
                    handled.extend((one, routes) for one, of in self._handlers if of == owner)
                for values in (*inherited, dependencies):
                    for function in self._entries.dependencies.listed(values, entry.frame):
                        entry.dependencies[function] = None
        self._entries.dependencies.spread_routes(self._middleware)
        for entry, routes in handled:
            entry.routes.update(routes)


def collect(program: Program, *, everything: bool = False) -> Roots:
    """All roots of a program; `everything` makes any other `async def` one."""
    install(program)
    roots = Roots(program)
    roots.collect(everything=everything)
    return roots
