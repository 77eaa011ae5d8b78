"""Where Clearway stands in: the three names that it replaces while at least one app has it.

Everything that FastAPI, Starlette and AnyIO run off the loop goes through one public function,
`anyio.to_thread.run_sync`, looked up at call time: `run_in_threadpool`, sync dependencies and their exits,
background tasks, exception handlers, file reads, the steps of sync streams. The other two only tell when an
`async def` endpoint runs, and when background tasks begin.
"""

from __future__ import annotations

from contextvars import ContextVar
from functools import partial
from threading import get_ident
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any

import anyio.to_thread
import starlette.background

from clearway.runtime.framework import is_dependency_exit, run_to_end

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from clearway.runtime.request import Request

try:
    import fastapi.routing as fastapi_routing
except ImportError:  # plain Starlette
    fastapi_routing = None  # type: ignore[assignment]

current_request: ContextVar[Request | None] = ContextVar("clearway_request", default=None)

original_run_sync = anyio.to_thread.run_sync
_original_background_call = starlette.background.BackgroundTask.__call__
_original_run_endpoint = getattr(fastapi_routing, "run_endpoint_function", None)


_users = 0


def hold() -> None:
    """Put the replacements in place, for one more app."""
    global _users
    _users += 1
    if _users == 1:
        anyio.to_thread.run_sync = _run_sync  # type: ignore[assignment]
        starlette.background.BackgroundTask.__call__ = _background_call  # type: ignore[method-assign]
        if _original_run_endpoint is not None:
            fastapi_routing.run_endpoint_function = _run_endpoint


def release() -> None:
    """One app needs them no longer; with the last, everything is as it was."""
    global _users
    _users -= 1
    if _users == 0:
        anyio.to_thread.run_sync = original_run_sync
        starlette.background.BackgroundTask.__call__ = _original_background_call  # type: ignore[method-assign]
        if _original_run_endpoint is not None:
            fastapi_routing.run_endpoint_function = _original_run_endpoint


def _run_sync(
    func: Callable[..., Any],
    *args: Any,
    abandon_on_cancel: bool = False,
    cancellable: bool | None = None,
    limiter: Any = None,
) -> Coroutine[Any, Any, Any]:
    request = current_request.get()
    if (
        request is None
        or request.port.thread != get_ident()  # a loop of the user's own in a thread of the request
        or abandon_on_cancel
        or cancellable is not None
        # A limiter of the caller's own is the caller's own decision, save FastAPI's throw-away one for exits.
        or (limiter is not None and not is_dependency_exit(func))
    ):
        return original_run_sync(
            func, *args, abandon_on_cancel=abandon_on_cancel, cancellable=cancellable, limiter=limiter
        )
    return request.runtime.dispatch(request, func, args)


async def _background_call(self: starlette.background.BackgroundTask) -> None:
    request = current_request.get()
    if request is not None:
        request.response_sent()
    await _original_background_call(self)


async def _run_endpoint(*, dependant: Any, values: dict[str, Any], is_coroutine: bool) -> Any:
    assert _original_run_endpoint is not None
    request = current_request.get()
    if request is None or not is_coroutine:
        return await _original_run_endpoint(dependant=dependant, values=values, is_coroutine=is_coroutine)
    threads = request.runtime.containment.threads
    if threads and id(dependant.call) in threads:
        call = partial(run_to_end, function=dependant.call, arguments=values)
        return await request.runtime.dispatch(request, call, ())
    began = perf_counter_ns()
    request.in_endpoint = True
    try:
        return await _original_run_endpoint(dependant=dependant, values=values, is_coroutine=True)
    finally:
        request.in_endpoint = False
        request.run_ns += perf_counter_ns() - began
