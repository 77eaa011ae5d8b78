"""How FastAPI and Starlette are told of functions: what their decorators, methods and constructors register."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from clearway.check.program.code import Function
from clearway.check.program.values import (
    OPAQUE,
    UNKNOWN,
    ConstantV,
    DictV,
    ExternalInstanceV,
    ExternalV,
    Frame,
    GeneratorV,
    InstanceV,
    ListV,
    ModelV,
    ShapeV,
    TupleV,
    Value,
    Values,
)
from clearway.check.program.values.effects import Effect, Offload, Outcome, Register, Run

if TYPE_CHECKING:
    from clearway.check.program.models.models import Model, Models
    from clearway.check.program.program import Program
    from clearway.check.program.values.arguments import Arguments

HTTP_METHODS = ("get", "post", "put", "patch", "delete", "head", "options", "trace")
APPS = ("fastapi.FastAPI", "fastapi.APIRouter", "starlette.applications.Starlette", "starlette.routing.Router")
ITERATED_IN_THREADS = "starlette.concurrency.iterate_in_threadpool"
STREAMS = (
    "starlette.responses.StreamingResponse",
    "fastapi.responses.StreamingResponse",
    "sse_starlette.EventSourceResponse",
    "sse_starlette.sse.EventSourceResponse",
    "fastapi.sse.EventSourceResponse",
    ITERATED_IN_THREADS,
)
EVENTS = ("startup", "shutdown")


def install(program: Program) -> None:
    """Teach the program the frameworks."""
    models = program.models
    for app in APPS:
        models.add(app, _app)
        for method in HTTP_METHODS:
            models.add(f"{app}.{method}", _route_decorator)
        for name in ("api_route", "route"):
            models.add(f"{app}.{name}", _route_decorator)
        for name in ("websocket", "websocket_route"):
            models.add(f"{app}.{name}", _websocket_decorator)
        for name in ("add_api_route", "add_route"):
            models.add(f"{app}.{name}", _add_route)
        for name in ("add_api_websocket_route", "add_websocket_route"):
            models.add(f"{app}.{name}", _add_websocket)
        models.add(f"{app}.__init__", _initialised)
        models.add(f"{app}.include_router", _include)
        for routes in ("routes", "router.routes"):
            for name in ("append", "extend", "insert"):
                models.add(f"{app}.{routes}.{name}", _put_routes)
        models.add(f"{app}.mount", _mount)
        models.add(f"{app}.host", _mount)
        models.add(f"{app}.middleware", _decorator("middleware"))
        models.add(f"{app}.add_middleware", _direct("middleware", 0, "middleware_class"))
        models.add(f"{app}.exception_handler", _decorator("exception_handler"))
        models.add(f"{app}.add_exception_handler", _direct("exception_handler", 1, "handler"))
        models.add(f"{app}.on_event", _decorator("lifespan"))
        models.add(f"{app}.add_event_handler", _direct("lifespan", 1, "func"))
    for module in ("starlette.routing", "fastapi.routing", "fastapi"):
        models.add(f"{module}.Route", _route_object("route"))
        models.add(f"{module}.APIRoute", _route_object("route"))
        models.add(f"{module}.WebSocketRoute", _route_object("websocket"))
        models.add(f"{module}.APIWebSocketRoute", _route_object("websocket"))
        models.add(f"{module}.Mount", _mount_object)
        models.add(f"{module}.Host", _mount_object)
    for name in ("starlette.middleware.Middleware", "fastapi.middleware.Middleware"):
        models.add(name, _middleware_object)
    for name in ("fastapi.Depends", "fastapi.Security", "fastapi.params.Depends", "fastapi.params.Security"):
        models.add(name, _depends)
    for name in STREAMS:
        models.add(name, _stream)
    models.lazy.update(STREAMS)
    models.add_call("registrar", _registrar)


def _details(**values: Values) -> tuple[tuple[str, Values], ...]:
    return tuple((name, held) for name, held in values.items() if held)


def _methods(name: str, arguments: Arguments) -> Values:
    if name in HTTP_METHODS:
        return frozenset({ConstantV(name.upper())})
    found = {
        value.value.upper()
        for values in arguments.named("methods")
        for value in _opened(values)
        if isinstance(value, ConstantV) and isinstance(value.value, str)
    }
    unknown = "?" if arguments.named("methods") else "GET"
    return frozenset(ConstantV(method) for method in sorted(found)) or frozenset({ConstantV(unknown)})


def _opened(value: Value) -> Values:
    if isinstance(value, ListV):
        return value.element
    if isinstance(value, TupleV):
        return frozenset().union(*value.items)
    return frozenset({value})


def _owner(callee: ExternalV) -> Value | None:
    return callee.receiver


def _registrar_value(kind: str, callee: ExternalV, details: tuple[tuple[str, Values], ...]) -> Values:
    owner = _owner(callee)
    items = (("kind", frozenset({ConstantV(kind)})), *details)
    if owner is not None:
        items = (*items, ("owner", frozenset({owner})))
    return frozenset({ModelV("registrar", items)})


def _registrar(callee: ModelV, arguments: Arguments, _node: ast.AST, _frame: Frame) -> Outcome:
    """The decorator that a registering method gave, called with the function."""
    functions = arguments.at(0)
    kind = next((str(value.value) for value in callee.item("kind") if isinstance(value, ConstantV)), "")
    owner = next(iter(callee.item("owner")), None)
    details = tuple((name, values) for name, values in callee.items if name not in ("kind", "owner"))
    return Outcome(functions, (Register(kind, functions, owner, details),))


def _route_decorator(models: Models, callee: ExternalV, arguments: Arguments, node: ast.AST, frame: Frame) -> Outcome:
    name = callee.name.rpartition(".")[2]
    details = _details(
        path=_path(models, arguments, node, frame),
        methods=_methods(name, arguments),
        dependencies=arguments.named("dependencies"),
    )
    return Outcome(_registrar_value("route", callee, details))


def _path(models: Models, arguments: Arguments, node: ast.AST, frame: Frame) -> Values:
    """The path; of a parameter that nobody gives what it has without."""
    values = arguments.at(0, "path")
    known = any(isinstance(value, ConstantV) for value in values)
    if known or not isinstance(node, ast.Call) or not isinstance(frame.code, Function):
        return values
    named = next((keyword.value for keyword in node.keywords if keyword.arg == "path"), None)
    written = node.args[0] if node.args else named
    default = frame.code.defaults.get(written.id) if isinstance(written, ast.Name) else None
    parent = models.program.frames.parent(frame.code)
    return values if default is None or parent is None else models.program.evaluate(default, parent)


def _websocket_decorator(
    models: Models, callee: ExternalV, arguments: Arguments, node: ast.AST, frame: Frame
) -> Outcome:
    details = _details(path=_path(models, arguments, node, frame), dependencies=arguments.named("dependencies"))
    return Outcome(_registrar_value("websocket", callee, details))


def _add_route(models: Models, callee: ExternalV, arguments: Arguments, node: ast.AST, frame: Frame) -> Outcome:
    functions = arguments.at(1, "endpoint") or arguments.named("route")
    details = _details(
        path=_path(models, arguments, node, frame),
        methods=_methods("", arguments),
        dependencies=arguments.named("dependencies"),
    )
    effects = [Register("route", functions, _owner(callee), details)]
    if handled := arguments.named("route_class_override"):
        effects.append(Register("route_class", handled, _owner(callee)))
    return Outcome(OPAQUE, tuple(effects))


def _add_websocket(models: Models, callee: ExternalV, arguments: Arguments, node: ast.AST, frame: Frame) -> Outcome:
    functions = arguments.at(1, "endpoint") or arguments.named("route")
    details = _details(path=_path(models, arguments, node, frame), dependencies=arguments.named("dependencies"))
    return Outcome(OPAQUE, (Register("websocket", functions, _owner(callee), details),))


def _include(_models: Models, callee: ExternalV, arguments: Arguments, _node: ast.AST, _frame: Frame) -> Outcome:
    details = _details(prefix=arguments.named("prefix"), dependencies=arguments.named("dependencies"))
    return Outcome(OPAQUE, (Register("include", arguments.at(0, "router"), _owner(callee), details),))


def _mount(_models: Models, callee: ExternalV, arguments: Arguments, _node: ast.AST, _frame: Frame) -> Outcome:
    details = _details(prefix=arguments.at(0, "path"))
    return Outcome(OPAQUE, (Register("include", arguments.at(1, "app"), _owner(callee), details),))


def _decorator(kind: str) -> Model:
    def model(_models: Models, callee: ExternalV, arguments: Arguments, _node: ast.AST, _frame: Frame) -> Outcome:
        return Outcome(_registrar_value(kind, callee, _details(argument=arguments.at(0))))

    return model


def _direct(kind: str, position: int, keyword: str) -> Model:
    def model(_models: Models, callee: ExternalV, arguments: Arguments, _node: ast.AST, _frame: Frame) -> Outcome:
        functions = arguments.at(position, keyword)
        details = tuple((name, values) for name, values in arguments.keywords if name == "dispatch")
        return Outcome(OPAQUE, (Register(kind, functions, _owner(callee), details),))

    return model


def _app(models: Models, callee: ExternalV, arguments: Arguments, node: ast.AST, _frame: Frame) -> Outcome:
    """Making an app or a router: everything that its constructor is told."""
    # One place that makes routers of several prefixes makes several routers.
    made = ExternalInstanceV(callee.name, node, arguments.named("prefix"))
    return Outcome(frozenset({made}), tuple(constructed(models, made, arguments)))


def _put_routes(models: Models, callee: ExternalV, arguments: Arguments, _node: ast.AST, _frame: Frame) -> Outcome:
    """`app.router.routes.append(APIRoute(...))`."""
    given = frozenset().union(*arguments.positional)
    routes = given | models.program.iterated(frozenset(value for value in given if isinstance(value, ListV | TupleV)))
    return Outcome(OPAQUE, tuple(_listed(models, routes, callee.receiver)) if callee.receiver is not None else ())


def _initialised(models: Models, callee: ExternalV, arguments: Arguments, _node: ast.AST, _frame: Frame) -> Outcome:
    """`super().__init__(...)` of a subclass of an app or router."""
    effects = constructed(models, callee.receiver, arguments) if callee.receiver is not None else []
    return Outcome(OPAQUE, tuple(effects))


def constructed(models: Models, made: Value, arguments: Arguments) -> list[Effect]:
    """What the constructor of an app or router registers."""
    effects: list[Effect] = [
        Register(
            "app",
            UNKNOWN,
            made,
            _details(prefix=arguments.named("prefix"), dependencies=arguments.named("dependencies")),
        )
    ]
    if handled := arguments.named("route_class"):
        effects.append(Register("route_class", handled, made))
    lifespans = arguments.named("lifespan")
    if lifespans:
        effects.append(Register("lifespan", lifespans, made))
    for event in EVENTS:
        functions = models.program.iterated(arguments.named(f"on_{event}"))
        if functions:
            effects.append(Register("lifespan", functions, made))
    effects.extend(
        Register("exception_handler", handlers.values, made)
        for handlers in arguments.named("exception_handlers")
        if isinstance(handlers, DictV)
    )
    effects.extend(
        Register("middleware", item.item("class"), made)
        for item in models.program.iterated(arguments.named("middleware"))
        if isinstance(item, ModelV) and item.name == "middleware_object"
    )
    effects.extend(_listed(models, models.program.iterated(arguments.named("routes")), made))
    return effects


def _listed(models: Models, routes: Values, owner: Value) -> list[Effect]:
    """The `Route(...)` objects of a list."""
    effects: list[Effect] = []
    for route in routes:
        if not isinstance(route, ModelV) or route.name != "route_object":
            continue
        kind = next((str(value.value) for value in route.item("kind") if isinstance(value, ConstantV)), "route")
        if kind == "mount":
            effects.append(Register("include", route.item("endpoint"), owner, _details(prefix=route.item("path"))))
            inner = models.program.iterated(route.item("routes"))
            if inner:
                # A mount without an app of its own: the object itself stands for one.
                effects.append(Register("include", frozenset({route}), owner, _details(prefix=route.item("path"))))
                effects.extend(_listed(models, inner, route))
        else:
            details = _details(path=route.item("path"), methods=route.item("methods"))
            effects.append(Register(kind, route.item("endpoint"), owner, details))
    return effects


def _route_object(kind: str) -> Model:
    def model(models: Models, _callee: ExternalV, arguments: Arguments, node: ast.AST, frame: Frame) -> Outcome:
        items = _details(
            kind=frozenset({ConstantV(kind)}),
            path=_path(models, arguments, node, frame),
            endpoint=arguments.at(1, "endpoint"),
            methods=_methods("", arguments) if arguments.has("methods") else UNKNOWN,
        )
        return Outcome(frozenset({ModelV("route_object", items, node)}))

    return model


def _mount_object(models: Models, _callee: ExternalV, arguments: Arguments, node: ast.AST, frame: Frame) -> Outcome:
    items = _details(
        kind=frozenset({ConstantV("mount")}),
        path=_path(models, arguments, node, frame),
        endpoint=arguments.at(1, "app"),
        routes=arguments.named("routes"),
    )
    return Outcome(frozenset({ModelV("route_object", items, node)}))


def _middleware_object(
    _models: Models, _callee: ExternalV, arguments: Arguments, node: ast.AST, _frame: Frame
) -> Outcome:
    return Outcome(frozenset({ModelV("middleware_object", _details(**{"class": arguments.at(0, "cls")}), node)}))


def _depends(_models: Models, _callee: ExternalV, arguments: Arguments, node: ast.AST, _frame: Frame) -> Outcome:
    return Outcome(frozenset({ModelV("depends", _details(function=arguments.at(0, "dependency")), node)}))


def _stream(_models: Models, callee: ExternalV, arguments: Arguments, _node: ast.AST, _frame: Frame) -> Outcome:
    """A streamed body: an async generator runs on the loop, a sync one in threads."""
    effects: list[Effect] = []
    content = arguments.at(0, "content")
    for value in content:
        if isinstance(value, GeneratorV):
            function = value.frame.code
            if getattr(function, "is_async", False):
                effects.append(Run(value.frame, on_loop=True))
            else:
                effects.append(Offload(frozenset({value}), (value.frame,), "thread", callee.name))
        elif isinstance(value, InstanceV):
            effects.extend(
                Run(frame, on_loop=True)
                for name in ("__aiter__", "__anext__")
                for frame in _models.program.special_frames(value, name)
            )
    if callee.name == ITERATED_IN_THREADS:
        return Outcome(frozenset({ShapeV("iter", _models.program.iterated(content))}), tuple(effects))
    return Outcome(frozenset({ExternalInstanceV(callee.name)}), tuple(effects))
