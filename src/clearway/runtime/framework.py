"""What Clearway knows about the insides of FastAPI, Starlette and AnyIO. No other module touches a private name.

Private names that a later release may drop are looked up softly: without one, calls are still placed, only told
apart less well. The suites in `tests/compat` say whether they still hold.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import tempfile
from functools import partial
from types import CodeType, MethodType
from typing import TYPE_CHECKING, Any

import anyio.to_thread
import starlette.background
import starlette.concurrency
from anyio import CancelScope
from anyio._backends import _asyncio as anyio_asyncio
from anyio._core import _eventloop as anyio_eventloop
from starlette.endpoints import HTTPEndpoint, WebSocketEndpoint
from starlette.requests import HTTPConnection
from starlette.routing import BaseRoute, Match, Mount, Route, Router, WebSocketRoute
from starlette.staticfiles import StaticFiles

from clearway.model import CallKind

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from starlette.types import Scope

    from clearway.model import Frame


try:
    import fastapi.routing as fastapi_routing
    from fastapi._compat import ModelField
    from fastapi.dependencies.utils import get_dependant
except ImportError:  # plain Starlette
    fastapi_routing = None  # type: ignore[assignment]
    ModelField = None  # type: ignore[assignment, misc]

_run_sync_endpoint = getattr(fastapi_routing, "_run_sync_endpoint", None)
_validate = getattr(ModelField, "validate", None)
_stream_step = getattr(starlette.concurrency, "_next", None)
_task_states = getattr(anyio_asyncio, "_task_states", None)
_FILES = (io.IOBase, tempfile.SpooledTemporaryFile, StaticFiles)
_METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
_FILE_FUNCTIONS = frozenset({os.stat, os.path.realpath, open})

threadlocals = anyio_eventloop.threadlocals
"""AnyIO's thread-local state: `current_token` and `current_cancel_scope` make `anyio.from_thread` work."""

forget_async_library = partial(anyio_eventloop.set_current_async_library, None)


def recognise(func: Callable[..., Any]) -> tuple[Any, CallKind | None]:
    """The user's own callable inside what the framework hands to a thread, and its kind where that says it.

    For the exit of a `yield` dependency it is the generator.
    """
    if type(func) is partial:
        target = func.func
        if target is _run_sync_endpoint or target is run_to_end:
            return func.keywords["function"], CallKind.ENDPOINT
        if isinstance(target, MethodType):
            return _recognise_method(target)
        return target, None
    if func is _stream_step:
        return func, CallKind.STREAM
    if isinstance(func, MethodType):
        return _recognise_method(func)
    if func in _FILE_FUNCTIONS:
        return func, CallKind.FILE
    owner = getattr(func, "__self__", None)
    if owner is not None and isinstance(owner, _FILES):
        return func, CallKind.FILE
    return func, None


def call_of(
    func: Callable[..., Any], args: tuple[Any, ...]
) -> tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]:
    """The user's own function with its arguments, out of what the framework hands to a thread.

    For a lane that sends them elsewhere: what FastAPI wraps around them stays here.
    """
    if type(func) is partial:
        if func.func is _run_sync_endpoint:
            return func.keywords["function"], (), dict(func.keywords["arguments"])
        return func.func, (*func.args, *args), dict(func.keywords)
    return func, args, {}


def run_to_end(*, function: Callable[..., Any], arguments: dict[str, Any]) -> Any:
    """Call an `async def` that never awaits as if it were a `def`."""
    coroutine = function(**arguments)
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value
    coroutine.close()
    raise RuntimeError(f"{function!r} awaits, and its code did not say so")


def runs_endpoint_of(route: Any, target: Any) -> bool:
    """Whether FastAPI calls this endpoint through `run_endpoint_function`, where another lane can have it."""
    return getattr(getattr(route, "dependant", None), "call", None) is target and route.endpoint is target


_HANDLES = tuple(cls.handle.__code__ for cls in (Route, WebSocketRoute, getattr(fastapi_routing, "APIRoute", Route)))


def is_in_route(stack: Iterable[Frame]) -> bool:
    """Whether a stack passes through a route: beyond it everything belongs to the route's own app."""
    places = {(code.co_filename, code.co_qualname) for code in _HANDLES}
    return any((frame.file, frame.function) in places for frame in stack)


def _recognise_method(method: MethodType) -> tuple[Any, CallKind | None]:
    owner = method.__self__
    if isinstance(owner, contextlib._GeneratorContextManager):
        if method.__name__ == "__enter__":
            return owner.func, CallKind.DEPENDENCY
        return owner.gen, CallKind.DEPENDENCY_EXIT  # `__enter__` has dropped the function
    if method.__func__ is _validate:
        return method, CallKind.VALIDATION
    if isinstance(owner, _FILES):
        return method, CallKind.FILE
    return method, None


def kind_in(scope: Scope, func: Callable[..., Any], target: Any) -> CallKind:
    """The kind of a call that `recognise` could not tell, from the request that it serves."""
    endpoint = _inner(scope.get("endpoint"))
    if target is endpoint:
        return CallKind.ENDPOINT
    arguments = func.args if type(func) is partial else ()
    if len(arguments) == 2 and isinstance(arguments[0], HTTPConnection) and isinstance(arguments[1], Exception):
        return CallKind.EXCEPTION_HANDLER
    if any(target is _inner(dependency) for dependency in _dependencies_in(scope)):
        return CallKind.DEPENDENCY
    if getattr(target, "__self__", None) is not None and type(target.__self__) is endpoint:
        return CallKind.ENDPOINT
    return CallKind.OFFLOAD


def _inner(call: Any) -> Any:
    """The callable inside partials: a partial of a partial is made as one of the innermost."""
    while isinstance(call, partial):
        call = call.func
    return call


def _dependencies_in(scope: Scope) -> Iterator[Callable[..., Any]]:
    route = effective_route(scope)
    dependant = getattr(route, "dependant", None)
    if dependant is not None:
        yield from (call for call in dependency_calls(dependant))
    provider = getattr(route, "dependency_overrides_provider", None) or scope.get("app")
    for override in getattr(provider, "dependency_overrides", {}).values():
        yield override
        with contextlib.suppress(Exception):  # an override that FastAPI itself will refuse
            if fastapi_routing is not None:
                yield from dependency_calls(get_dependant(path="", call=override))


def dependency_calls(dependant: Any) -> Iterator[Callable[..., Any]]:
    """Every dependency of a FastAPI dependant, nested ones included."""
    for dependency in dependant.dependencies:
        if dependency.call is not None:
            yield dependency.call
        yield from dependency_calls(dependency)


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


def is_generator(call: Callable[..., Any]) -> bool:
    """Whether a callable is a `yield` function of the sync kind."""
    check = getattr(fastapi_routing, "_is_gen_callable", None)
    return bool(check and check(call))


def runs_as_coroutine(call: Callable[..., Any]) -> bool:
    """FastAPI's own rule: whether the loop runs this call."""
    is_coroutine = getattr(fastapi_routing, "_is_coroutine_callable", None)
    is_async_generator = getattr(fastapi_routing, "_is_async_gen_callable", None)
    if is_coroutine is not None and is_async_generator is not None:
        return bool(is_coroutine(call) or is_async_generator(call))
    from starlette._utils import is_async_callable

    return bool(is_async_callable(call))


def is_async_call(target: Any) -> bool:
    """Whether the loop runs this call, or at least one method of it: a class-based endpoint has several."""
    is_class = isinstance(target, type) and issubclass(target, HTTPEndpoint | WebSocketEndpoint)
    return is_class or runs_as_coroutine(target)


def cancel_scope_of_task() -> CancelScope | None:
    """The AnyIO scope that the current task runs in."""
    task = asyncio.current_task()
    state = _task_states.get(task) if _task_states is not None and task is not None else None
    return state.cancel_scope if state is not None else None


def is_cancelled(scope: CancelScope) -> bool:
    """Whether the scope or one around it is cancelled, and no shield stands between."""
    return bool(getattr(scope, "_effectively_cancelled", False))


def cancelled_by_anyio() -> bool:
    """Whether the current cancellation comes from an AnyIO scope, which waits for threads, or from asyncio."""
    return anyio.current_effective_deadline() == float("-inf")


def is_dependency_exit(func: Any) -> bool:
    """Whether this is the exit of a `yield` dependency."""
    return (
        isinstance(func, MethodType)
        and func.__name__ == "__exit__"
        and isinstance(func.__self__, contextlib._GeneratorContextManager)
    )


def code_of(target: Any) -> CodeType | None:
    """The code object that a frame of this callable would show."""
    while True:
        if isinstance(target, partial):
            target = target.func
        elif isinstance(target, MethodType):
            target = target.__func__
        elif hasattr(target, "__wrapped__"):
            target = target.__wrapped__
        else:
            break
    code = getattr(target, "__code__", None)
    if code is None and isinstance(target, type):
        code = getattr(vars(target).get("__init__"), "__code__", None)
    elif code is None and callable(target):
        code = getattr(type(target).__call__, "__code__", None)
    return code if isinstance(code, CodeType) else None
