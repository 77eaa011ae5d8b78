"""Apps, routers and routes as objects: what their constructors are told, and lists of routes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clearway.check.program.values import (
    OPAQUE,
    UNKNOWN,
    ConstantV,
    DictV,
    ExternalInstanceV,
    ExternalV,
    Frame,
    ListV,
    ModelV,
    TupleV,
    Value,
    Values,
)
from clearway.check.program.values.effects import Effect, Outcome, Register
from clearway.check.roots.details import methods_of, path_of, said

if TYPE_CHECKING:
    import ast

    from clearway.check.program.models.models import Model, Models
    from clearway.check.program.values.arguments import Arguments


EVENTS = ("startup", "shutdown")


def app_or_router(models: Models, callee: ExternalV, arguments: Arguments, node: ast.AST, _frame: Frame) -> Outcome:
    """Making an app or a router: everything that its constructor is told."""
    # One place that makes routers of several prefixes makes several routers.
    made = ExternalInstanceV(callee.name, node, arguments.named("prefix"))
    return Outcome(frozenset({made}), tuple(constructed(models, made, arguments)))


def put_routes(models: Models, callee: ExternalV, arguments: Arguments, _node: ast.AST, _frame: Frame) -> Outcome:
    """`app.router.routes.append(APIRoute(...))`."""
    given = frozenset().union(*arguments.positional)
    routes = given | models.program.iterated(frozenset(value for value in given if isinstance(value, ListV | TupleV)))
    return Outcome(OPAQUE, tuple(_listed(models, routes, callee.receiver)) if callee.receiver is not None else ())


def initialised(models: Models, callee: ExternalV, arguments: Arguments, _node: ast.AST, _frame: Frame) -> Outcome:
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
            said(prefix=arguments.named("prefix"), dependencies=arguments.named("dependencies")),
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
            effects.append(Register("include", route.item("endpoint"), owner, said(prefix=route.item("path"))))
            inner = models.program.iterated(route.item("routes"))
            if inner:
                # A mount without an app of its own: the object itself stands for one.
                effects.append(Register("include", frozenset({route}), owner, said(prefix=route.item("path"))))
                effects.extend(_listed(models, inner, route))
        else:
            details = said(path=route.item("path"), methods=route.item("methods"))
            effects.append(Register(kind, route.item("endpoint"), owner, details))
    return effects


def route_object(kind: str) -> Model:
    def model(models: Models, _callee: ExternalV, arguments: Arguments, node: ast.AST, frame: Frame) -> Outcome:
        items = said(
            kind=frozenset({ConstantV(kind)}),
            path=path_of(models, arguments, node, frame),
            endpoint=arguments.at(1, "endpoint"),
            methods=methods_of("", arguments) if arguments.has("methods") else UNKNOWN,
        )
        return Outcome(frozenset({ModelV("route_object", items, node)}))

    return model


def mount_object(models: Models, _callee: ExternalV, arguments: Arguments, node: ast.AST, frame: Frame) -> Outcome:
    items = said(
        kind=frozenset({ConstantV("mount")}),
        path=path_of(models, arguments, node, frame),
        endpoint=arguments.at(1, "app"),
        routes=arguments.named("routes"),
    )
    return Outcome(frozenset({ModelV("route_object", items, node)}))


def middleware_object(
    _models: Models, _callee: ExternalV, arguments: Arguments, node: ast.AST, _frame: Frame
) -> Outcome:
    return Outcome(frozenset({ModelV("middleware_object", said(**{"class": arguments.at(0, "cls")}), node)}))
