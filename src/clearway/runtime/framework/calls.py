"""Calls: what the framework hands to a thread, whose code it is, and what kind of call that makes it."""

from __future__ import annotations

import contextlib
import io
import os
import tempfile
from functools import partial
from types import CodeType, MethodType
from typing import TYPE_CHECKING, Any

import starlette.concurrency
from starlette.endpoints import HTTPEndpoint, WebSocketEndpoint
from starlette.requests import HTTPConnection
from starlette.staticfiles import StaticFiles

from clearway.model import CallKind
from clearway.runtime.framework.routes import effective_route

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from starlette.types import Scope

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
_FILES = (io.IOBase, tempfile.SpooledTemporaryFile, StaticFiles)
_FILE_FUNCTIONS = frozenset({os.stat, os.path.realpath, open})


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
