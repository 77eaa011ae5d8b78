"""Routes: which an app has, which serves a request, and what they are called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.endpoints import HTTPEndpoint
from starlette.routing import BaseRoute, Match, Mount, Route, Router, WebSocketRoute

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from starlette.types import Scope

    from clearway.model import Frame

try:
    import fastapi.routing as fastapi_routing
except ImportError:  # plain Starlette
    fastapi_routing = None  # type: ignore[assignment]

_METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
_HANDLES = tuple(cls.handle.__code__ for cls in (Route, WebSocketRoute, getattr(fastapi_routing, "APIRoute", Route)))


def runs_endpoint_of(route: Any, target: Any) -> bool:
    """Whether FastAPI calls this endpoint through `run_endpoint_function`, where another lane can have it."""
    return getattr(getattr(route, "dependant", None), "call", None) is target and route.endpoint is target


def is_in_route(stack: Iterable[Frame]) -> bool:
    """Whether a stack passes through a route: beyond it everything belongs to the route's own app."""
    places = {(code.co_filename, code.co_qualname) for code in _HANDLES}
    return any((frame.file, frame.function) in places for frame in stack)


def routed_to(scope: Scope) -> Any:
    """What the router chose for the request; for an included FastAPI router, its inclusion of the route."""
    included = scope.get("fastapi")
    if included is not None:
        context = included.get("effective_route_context")
        if context is not None:
            return context
    return scope.get("route") or _unsaid_route(scope)


def _unsaid_route(scope: Scope) -> Any:
    """FastAPI's router does not say which of its plain Starlette routes it chose, only the endpoint."""
    endpoint = scope.get("endpoint")
    if endpoint is None:
        return None
    for route in getattr(scope.get("app"), "routes", ()):
        if getattr(route, "endpoint", None) is endpoint and route.matches(scope)[0] is not Match.NONE:
            return route
    return None


def effective_route(scope: Scope) -> Any:
    """The route that serves the request, with its full path where its router was included."""
    route = routed_to(scope)
    return getattr(route, "starlette_route", None) or route


def route_name(scope: Scope) -> str | None:
    """`GET /items/{id}` for the route that serves the request, None before the router has chosen."""
    route = effective_route(scope)
    path = route_path(route)
    if path is None:
        return None
    if scope["type"] == "websocket":
        return f"WS {mounted_at(scope)}{path}"
    # A method is the client's word: only those that the route serves may become names.
    method = scope["method"]
    return f"{method} {mounted_at(scope)}{path}" if method in methods_of(route) else None


def methods_of(route: Any) -> Collection[str]:
    """The HTTP methods that a route serves."""
    methods: Collection[str] | None = getattr(route, "methods", None)
    if methods:
        return methods
    endpoint = getattr(route, "endpoint", None)
    if isinstance(endpoint, type) and issubclass(endpoint, HTTPEndpoint):
        return [method for method in _METHODS if hasattr(endpoint, method.lower())]
    return _METHODS


def route_path(route: Any) -> str | None:
    """`/items/{id}`, or None where the object is no route with a path."""
    path = getattr(route, "path_format", None) or getattr(route, "path", None)
    return path if isinstance(path, str) else None


def mounted_at(scope: Scope) -> str:
    """The path prefix of the mounts that a request went through, as the mounts were written."""
    outermost = scope.get("app_root_path")
    prefix: str = scope.get("root_path", "")[len(outermost) :] if outermost is not None else ""
    parameters = {str(value): name for name, value in scope.get("path_params", {}).items()}
    if not prefix or not parameters:
        return prefix
    # What stands there is the client's word, and a name must not be.
    parts = prefix.split("/")
    return "/".join(f"{{{parameters[part]}}}" if part in parameters else part for part in parts)


def routes_of(app: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every route of an app as (`GET /items/{id}`, route), through included routers and mounted apps."""
    routes = getattr(app, "routes", None)
    for route in _flat(routes or []):
        path = route_path(route)
        if isinstance(route, Mount):
            yield from routes_of(route.app, prefix + route.path)
        elif getattr(route, "endpoint", None) is None or path is None:
            inner = getattr(route, "app", None)
            if isinstance(inner, Router):
                yield from routes_of(inner, prefix)
        elif isinstance(route, WebSocketRoute):
            yield f"WS {prefix}{path}", route
        else:
            methods = sorted(methods_of(route))
            if "GET" in methods and "HEAD" in methods:
                methods.remove("HEAD")  # Starlette adds it to every GET; nobody thinks of it as a route
            for method in methods:
                yield f"{method} {prefix}{path}", route


def _flat(routes: list[BaseRoute]) -> Iterator[Any]:
    iterate = getattr(fastapi_routing, "iter_route_contexts", None)
    if iterate is None:
        yield from routes
        return
    for context in iterate(routes):
        effective = context._effective_route
        yield context.original_route if effective is context.route else effective
