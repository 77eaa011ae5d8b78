"""Finds the roots: walks what runs when the modules are imported, and what registers functions elsewhere."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from clearway.check.program.arguments import Arguments
from clearway.check.program.effects import Register, Run, Spawn
from clearway.check.program.modules import Class, Function, Module, last_name
from clearway.check.program.syntax import walk
from clearway.check.program.values import (
    ClassV,
    Code,
    ConstantV,
    CoroutineV,
    Frame,
    FunctionV,
    GeneratorV,
    InstanceV,
    ModelV,
    PartialV,
    Value,
    Values,
)
from clearway.check.roots.loops import Loops
from clearway.check.roots.registrations import HTTP_METHODS, install
from clearway.check.roots.routers import Routers
from clearway.check.roots.validation import validate
from clearway.model import RootKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clearway.check.program.program import Program

REGISTERING = frozenset(
    {"add_api_route", "add_route", "include_router", "mount", "add_middleware", "middleware", "exception_handler"}
    | {"add_exception_handler", "on_event", "add_event_handler", "websocket", "websocket_route", "api_route"}
    | {"add_websocket_route", "add_api_websocket_route", "FastAPI", "APIRouter", "Starlette", "Router"}
)
_REGISTERING = re.compile(r"\b(" + "|".join(sorted(REGISTERING)) + r")\b")
_CONVERTOR = re.compile(r":\w+\}")
"""`{path:path}` is shown as `{path}`, as FastAPI's own documentation of a service does."""
STARTED = (RootKind.TASK, RootKind.BACKGROUND_TASK)
ROUTE_METHODS = ("get_route_handler", "handle", "__call__")
"""Methods of a route that run, or make what runs, for each request."""
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
    others: dict[Frame, None] = field(default_factory=dict)
    """Further ways in which it is entered: an endpoint that a factory makes for several routes, a method of a base."""

    @property
    def frames(self) -> tuple[Frame, ...]:
        return (self.frame, *self.others)

    @property
    def id(self) -> str:
        return self.function.id


class Roots:
    """The roots of one program."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.entries: dict[tuple[Function, RootKind], Entry] = {}
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

    def collect(self, *, everything: bool = False) -> None:
        """Find all roots that registration shows; those that running code starts are added with `spawned`."""
        for module in self.program.modules.project:
            self._walk(self.program.frames.of_module(module))
        for module in self.program.modules.project:
            self._registering_functions(module)
            self._untyped_decorators(module)
        self._assigned_route_classes()
        self._place()
        for entry in list(self.entries.values()):
            validate(self.program, entry, self._declared.get(entry.function, ()))
        if everything:
            rooted = {function for function, _ in self.entries}
            for module in self.program.modules.project:
                for function in module.functions.values():
                    if function.is_async and function not in rooted:
                        self._add(function, RootKind.OTHER, self.program.frames.generic(function), True, on_loop=True)

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
            found.append(self._add(function, kind, frame, function.is_async, on_loop=on_loop))
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
        if not _REGISTERING.search(module.source.text):
            return
        known = set(self._walked_code)
        for function in module.functions.values():
            if function in known or isinstance(function.node, ast.Lambda):
                continue
            if _registers(function.node):
                self._walk(self.program.frames.generic(function))

    def _untyped_decorators(self, module: Module) -> None:
        """`@router.get("/x")` on a router of unknown make."""
        known: set[Function] | None = None
        for function in module.functions.values():
            if isinstance(function.node, ast.Lambda):
                continue
            for decorator in function.node.decorator_list:
                path = _route_path(decorator)
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
                entry = self._add(
                    function, kind, self.program.frames.generic(function), function.is_async, on_loop=function.is_async
                )
                method = decorator.func.attr.upper()
                route = f"WS {path}" if kind is RootKind.WEBSOCKET else f"{method} {path}"
                entry.routes[route] = None
                self._depend(entry)

    def _register(self, effect: Register, node: ast.AST, frame: Frame) -> None:
        match effect.kind:
            case "app":
                self._routers.made(effect)
            case "include":
                for child in effect.functions:
                    self._routers.included(child, effect)
                    if isinstance(child, InstanceV) and effect.owner is not None:
                        self._asgi(child)
            case "route" | "websocket":
                self._route(effect, node, frame)
            case "middleware":
                for value in effect.functions:
                    self._middleware.extend(self._middleware_entries(value, node, frame))
            case "route_class":
                for value in effect.functions:
                    self._route_class(value, effect.owner, node, frame)
            case "exception_handler":
                for value in effect.functions:
                    self._simple(value, RootKind.EXCEPTION_HANDLER, node, frame)
            case "lifespan":
                for value in effect.functions:
                    for entry in self._simple(value, RootKind.LIFESPAN, node, frame):
                        entry.starting = True
                        if entry.function.is_generator:
                            self.program.attributes.lifespans.append(entry.frame)
                        entry.on_loop = True
            case _:
                pass

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
                    for entry in self._simple(handler, RootKind.MIDDLEWARE, node, frame)
                ]
            else:
                entries = [self._add(method, RootKind.MIDDLEWARE, run, method.is_async, on_loop=True)]
            self._handlers.extend((entry, owner) for entry in entries)

    def _assigned_route_classes(self) -> None:
        """`router.route_class = Timed`."""
        program = self.program
        for module, function, target, value in program.modules.stores("route_class"):
            where = program.frames.of_module(module) if function is None else program.frames.generic(function)
            for owner in program.evaluate(target.value, where):
                for cls in program.evaluate(value, where):
                    self._route_class(cls, owner, target, where)

    def _asgi(self, value: InstanceV) -> None:
        """A mounted ASGI app of the project's own."""
        for frame in self.program.special_frames(value, "__call__"):
            function = frame.code
            if isinstance(function, Function) and function.module.is_project and function.is_async:
                self._add(function, RootKind.MIDDLEWARE, frame, True, on_loop=True)

    def _route(self, effect: Register, node: ast.AST, frame: Frame) -> None:
        paths = sorted({str(v.value) for v in effect.detail("path") if isinstance(v, ConstantV)}) or ["?"]
        methods = [str(v.value) for v in effect.detail("methods") if isinstance(v, ConstantV)]
        for value in effect.functions:
            for entry, own in self._endpoints(value, effect.kind, node, frame):
                names = ["WS"] if effect.kind == "websocket" else sorted(own or methods or ["GET"])
                self._pending.append((entry, effect.owner, names, paths, effect.detail("dependencies")))
                self._declared.setdefault(entry.function, []).append((node, frame))

    def _endpoints(
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
                    entry = self._add(
                        method,
                        root,
                        self.program.frames.generic(method, instance),
                        method.is_async,
                        on_loop=method.is_async,
                    )
                    yield entry, None if kind == "websocket" else [name.upper()]
            return
        for entry in self._simple(value, root, node, frame):
            yield entry, None

    def _simple(self, value: Value, kind: RootKind, node: ast.AST, frame: Frame) -> list[Entry]:
        """The entries of something that the framework calls."""
        found: list[Entry] = []
        for function, run, is_async in self._entered(value, node, frame):
            written = self._written(function, run, node, frame)
            if written.module.is_project:
                found.append(self._add(written, kind, run, is_async, on_loop=is_async))
        for entry in found:
            self._depend(entry)
        return found

    def _written(self, function: Function, run: Frame, node: ast.AST, frame: Frame) -> Function:
        """The function that a person would name: the decorated one, not its wrapper."""
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            return frame.module.functions[node]
        return self._wrapped(function, run) or function

    def _wrapped(self, function: Function, run: Frame) -> Function | None:
        """The function that a wrapper is the wrapper of, by its `functools.wraps`."""
        for decorator in [] if isinstance(function.node, ast.Lambda) else function.node.decorator_list:
            if isinstance(decorator, ast.Call) and last_name(decorator.func) == "wraps" and decorator.args:
                outside = run.parent or self.program.frames.of_module(run.module)
                values = self.program.evaluate(decorator.args[0], outside)
                functions = {value.function for value in values if isinstance(value, FunctionV)}
                if len(functions) == 1:
                    return functions.pop()
        return None

    def _entered(self, value: Value, node: ast.AST, frame: Frame) -> list[tuple[Function, Frame, bool]]:
        """The functions that calling a value enters: each with its frame, and whether it is async."""
        program = self.program
        match value:
            case FunctionV(function=function):
                return [(function, program.calls.frame(value, Arguments()), function.is_async)]
            case PartialV(function=inner, arguments=arguments, keywords=keywords):
                if isinstance(inner, FunctionV):
                    run = program.calls.frame(inner, Arguments(arguments, keywords))
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

    def _middleware_entries(self, value: Value, node: ast.AST, frame: Frame) -> list[Entry]:
        if isinstance(value, ClassV):
            found: list[Entry] = []
            instance = InstanceV(value.cls)
            for name in ("dispatch", "__call__"):
                method = self.program.definitions.own_method(value.cls, name) or (
                    self.program.definitions.method(value.cls, name)
                )
                if method is not None and method.module.is_project:
                    run = self.program.frames.generic(method, instance)
                    found.append(self._add(method, RootKind.MIDDLEWARE, run, method.is_async, on_loop=True))
            return found
        return self._simple(value, RootKind.MIDDLEWARE, node, frame)

    def _add(self, function: Function, kind: RootKind, frame: Frame, is_async: bool, *, on_loop: bool) -> Entry:
        key = (function, kind)
        entry = self.entries.get(key)
        if entry is None:
            entry = self.entries[key] = Entry(function, kind, frame, is_async, on_loop)
        elif frame is not entry.frame and len(entry.others) < MOST_WAYS:
            entry.others[frame] = None
        return entry

    def _depend(self, entry: Entry) -> None:
        """The dependencies that its parameters, and the fields of its class, name."""
        for frame in entry.frames:
            for function in self._dependencies_of(frame):
                entry.dependencies[function] = None

    def _dependencies_of(self, frame: Frame) -> list[Function]:
        function = frame.code
        if not isinstance(function, Function):
            return []
        found: dict[Function, None] = {}
        for parameter in function.parameters:
            for depends in self.program.injection.dependencies(parameter, frame):
                found.update(dict.fromkeys(self._dependency(depends, frame)))
        owner = function.owner
        if owner is not None and function.receiver is not None:
            for values in self._class_fields(owner):
                for value in values:
                    if isinstance(value, ModelV) and value.name == "depends":
                        found.update(dict.fromkeys(self._dependency(value, frame)))
        return list(found)

    def _class_fields(self, owner: Class) -> Iterator[Values]:
        """What a class-based view injects into its fields."""
        frame = self.program.frames.of_class(owner, self.program.frames.parent(owner))
        for statement in owner.node.body:
            if isinstance(statement, ast.AnnAssign | ast.Assign) and isinstance(statement.value, ast.Call):
                yield self.program.evaluate(statement.value, frame)

    def _dependency(self, depends: ModelV, frame: Frame) -> list[Function]:
        found: list[Function] = []
        for value in depends.item("function"):
            entries = self._simple(value, RootKind.DEPENDENCY, ast.Pass(), frame)
            found.extend(entry.function for entry in entries)
        return found

    def _listed_dependencies(self, values: Values, frame: Frame) -> list[Function]:
        """Those of `dependencies=[Depends(f)]`."""
        found: list[Function] = []
        for value in self.program.iterated(values):
            if isinstance(value, ModelV) and value.name == "depends":
                found.extend(self._dependency(value, frame))
        return found

    def _place(self) -> None:
        """Full paths of the routes, and the dependencies that routers add."""
        handled: list[tuple[Entry, dict[str, None]]] = []
        for entry, owner, methods, paths, dependencies in self._pending:
            for prefix, inherited in self._routers.prefixes(owner):
                for path in paths:
                    routes = {f"{method} {_CONVERTOR.sub('}', prefix + path) or '/'}": None for method in methods}
                    entry.routes.update(routes)
                    handled.extend((one, routes) for one, of in self._handlers if of == owner)
                for values in (*inherited, dependencies):
                    for function in self._listed_dependencies(values, entry.frame):
                        entry.dependencies[function] = None
        self._spread_routes()
        for entry, routes in handled:
            entry.routes.update(routes)

    def _spread_routes(self) -> None:
        """Dependencies, and middleware, serve the routes of those that they stand before."""
        by_function = {
            function: entry for (function, kind), entry in self.entries.items() if kind is RootKind.DEPENDENCY
        }
        served = [entry for (_, kind), entry in self.entries.items() if kind in (RootKind.ENDPOINT, RootKind.WEBSOCKET)]
        for entry in served:
            waiting = list(entry.dependencies)
            seen: set[Function] = set()
            while waiting:
                function = waiting.pop()
                if function in seen:
                    continue
                seen.add(function)
                dependency = by_function.get(function)
                if dependency is not None:
                    dependency.routes.update(entry.routes)
                    waiting.extend(dependency.dependencies)
            entry.dependencies.update(dict.fromkeys(sorted(seen, key=lambda one: one.id)))
        for entry in by_function.values():
            entry.dependencies.update(dict.fromkeys(self._behind(entry, by_function)))
        everything = [route for entry in served for route in entry.routes if not route.startswith("WS ")]
        for entry in self._middleware:
            entry.routes.update(dict.fromkeys(everything))

    def _behind(self, entry: Entry, by_function: dict[Function, Entry]) -> list[Function]:
        """All dependencies of a dependency."""
        found: dict[Function, None] = {}
        waiting = list(entry.dependencies)
        while waiting:
            function = waiting.pop()
            if function not in found and function is not entry.function:
                found[function] = None
                waiting.extend(by_function[function].dependencies if function in by_function else ())
        return sorted(found, key=lambda one: one.id)


def collect(program: Program, *, everything: bool = False) -> Roots:
    """All roots of a program; `everything` makes any other `async def` one."""
    install(program)
    roots = Roots(program)
    roots.collect(everything=everything)
    return roots


def _registers(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether a function's own text registers something."""
    for inner in walk(node):
        if isinstance(inner, ast.Call) and last_name(inner.func) in REGISTERING:
            return True
        if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef) and inner is not node:
            for decorator in inner.decorator_list:
                if isinstance(decorator, ast.Call) and last_name(decorator.func) in HTTP_METHODS:
                    return True
    return False


def _route_path(decorator: ast.expr) -> str | None:
    """The path of a decorator that looks like a route's."""
    if not isinstance(decorator, ast.Call) or not isinstance(decorator.func, ast.Attribute) or not decorator.args:
        return None
    if decorator.func.attr not in (*HTTP_METHODS, "websocket"):
        return None
    first = decorator.args[0]
    if isinstance(first, ast.Constant) and isinstance(first.value, str) and first.value[:1] in ("/", ""):
        return first.value
    return None
