"""How FastAPI and Starlette are told of functions: what their decorators, methods and constructors register."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clearway.check.program.values import (
    OPAQUE,
    ConstantV,
    ExternalInstanceV,
    ExternalV,
    Frame,
    GeneratorV,
    InstanceV,
    ModelV,
    ShapeV,
    Value,
    Values,
)
from clearway.check.program.values.effects import Effect, Offload, Outcome, Register, Run
from clearway.check.roots.constructors import (
    app_or_router,
    initialised,
    middleware_object,
    mount_object,
    put_routes,
    route_object,
)
from clearway.check.roots.details import APPS, HTTP_METHODS, methods_of, path_of, said

if TYPE_CHECKING:
    import ast

    from clearway.check.program.models.models import Model, Models
    from clearway.check.program.program import Program
    from clearway.check.program.values.arguments import Arguments

ITERATED_IN_THREADS = "starlette.concurrency.iterate_in_threadpool"
STREAMS = (
    "starlette.responses.StreamingResponse",
    "fastapi.responses.StreamingResponse",
    "sse_starlette.EventSourceResponse",
    "sse_starlette.sse.EventSourceResponse",
    "fastapi.sse.EventSourceResponse",
    ITERATED_IN_THREADS,
)
LISTENING = ("sqlalchemy.event", "sqlalchemy.event.api")


def install(program: Program) -> None:
    """Teach the program the frameworks."""
    models = program.models
    for app in APPS:
        models.add(app, app_or_router)
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
        models.add(f"{app}.__init__", initialised)
        models.add(f"{app}.include_router", _include)
        for routes in ("routes", "router.routes"):
            for name in ("append", "extend", "insert"):
                models.add(f"{app}.{routes}.{name}", put_routes)
        models.add(f"{app}.mount", _mount)
        models.add(f"{app}.host", _mount)
        models.add(f"{app}.middleware", _decorator("middleware"))
        models.add(f"{app}.add_middleware", _direct("middleware", 0, "middleware_class"))
        models.add(f"{app}.exception_handler", _decorator("exception_handler"))
        models.add(f"{app}.add_exception_handler", _direct("exception_handler", 1, "handler"))
        models.add(f"{app}.on_event", _decorator("lifespan"))
        models.add(f"{app}.add_event_handler", _direct("lifespan", 1, "func"))
    for module in ("starlette.routing", "fastapi.routing", "fastapi"):
        models.add(f"{module}.Route", route_object("route"))
        models.add(f"{module}.APIRoute", route_object("route"))
        models.add(f"{module}.WebSocketRoute", route_object("websocket"))
        models.add(f"{module}.APIWebSocketRoute", route_object("websocket"))
        models.add(f"{module}.Mount", mount_object)
        models.add(f"{module}.Host", mount_object)
    for name in ("starlette.middleware.Middleware", "fastapi.middleware.Middleware"):
        models.add(name, middleware_object)
    for name in ("fastapi.Depends", "fastapi.Security", "fastapi.params.Depends", "fastapi.params.Security"):
        models.add(name, _depends)
    for name in STREAMS:
        models.add(name, _stream)
    for name in LISTENING:
        models.add(f"{name}.listens_for", _decorator("listener"))
        models.add(f"{name}.listen", _direct("listener", 2, "fn"))
    models.lazy.update(STREAMS)
    models.add_call("registrar", _registrar)


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
    details = said(
        path=path_of(models, arguments, node, frame),
        methods=methods_of(name, arguments),
        dependencies=arguments.named("dependencies"),
    )
    return Outcome(_registrar_value("route", callee, details))


def _websocket_decorator(
    models: Models, callee: ExternalV, arguments: Arguments, node: ast.AST, frame: Frame
) -> Outcome:
    details = said(path=path_of(models, arguments, node, frame), dependencies=arguments.named("dependencies"))
    return Outcome(_registrar_value("websocket", callee, details))


def _add_route(models: Models, callee: ExternalV, arguments: Arguments, node: ast.AST, frame: Frame) -> Outcome:
    functions = arguments.at(1, "endpoint") or arguments.named("route")
    details = said(
        path=path_of(models, arguments, node, frame),
        methods=methods_of("", arguments),
        dependencies=arguments.named("dependencies"),
    )
    effects = [Register("route", functions, _owner(callee), details)]
    if handled := arguments.named("route_class_override"):
        effects.append(Register("route_class", handled, _owner(callee)))
    return Outcome(OPAQUE, tuple(effects))


def _add_websocket(models: Models, callee: ExternalV, arguments: Arguments, node: ast.AST, frame: Frame) -> Outcome:
    functions = arguments.at(1, "endpoint") or arguments.named("route")
    details = said(path=path_of(models, arguments, node, frame), dependencies=arguments.named("dependencies"))
    return Outcome(OPAQUE, (Register("websocket", functions, _owner(callee), details),))


def _include(_models: Models, callee: ExternalV, arguments: Arguments, _node: ast.AST, _frame: Frame) -> Outcome:
    details = said(prefix=arguments.named("prefix"), dependencies=arguments.named("dependencies"))
    return Outcome(OPAQUE, (Register("include", arguments.at(0, "router"), _owner(callee), details),))


def _mount(_models: Models, callee: ExternalV, arguments: Arguments, _node: ast.AST, _frame: Frame) -> Outcome:
    details = said(prefix=arguments.at(0, "path"))
    return Outcome(OPAQUE, (Register("include", arguments.at(1, "app"), _owner(callee), details),))


def _decorator(kind: str) -> Model:
    def model(_models: Models, callee: ExternalV, arguments: Arguments, _node: ast.AST, _frame: Frame) -> Outcome:
        return Outcome(_registrar_value(kind, callee, said(argument=arguments.at(0))))

    return model


def _direct(kind: str, position: int, keyword: str) -> Model:
    def model(_models: Models, callee: ExternalV, arguments: Arguments, _node: ast.AST, _frame: Frame) -> Outcome:
        functions = arguments.at(position, keyword)
        details = tuple((name, values) for name, values in arguments.keywords if name == "dispatch")
        return Outcome(OPAQUE, (Register(kind, functions, _owner(callee), details),))

    return model


def _depends(_models: Models, _callee: ExternalV, arguments: Arguments, node: ast.AST, _frame: Frame) -> Outcome:
    return Outcome(frozenset({ModelV("depends", said(function=arguments.at(0, "dependency")), node)}))


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
