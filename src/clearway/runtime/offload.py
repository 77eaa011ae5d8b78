"""The lanes from inside an `async def`."""

from __future__ import annotations

from functools import partial
from threading import get_ident
from typing import TYPE_CHECKING, Any, TypeVar

from clearway.model import CallKind, Lane, LaneError
from clearway.runtime import framework
from clearway.runtime.hooks import current_request
from clearway.runtime.install import installed
from clearway.runtime.request import Request
from clearway.settings import suggest

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import Message

    from clearway.runtime.lanes import RunsCalls

_T = TypeVar("_T")


async def offload(
    func: Callable[..., _T], /, *args: Any, lane: Lane | str = "thread", retries: int = 0, **kwargs: Any
) -> _T:
    """Run `func(*args, **kwargs)` in a lane and return its result, or raise what it raised.

    `lane` is `thread`, `process`, `cluster` or `loop`. `retries` is the cluster's: the call is idempotent, and may be
    made again so often where its worker was lost. What cannot travel to the process or cluster lane raises
    CannotTravel, a lane or `func` that cannot be meant LaneError.
    """
    chosen = _lane(lane)
    if framework.runs_as_coroutine(func):
        raise LaneError(f"offload: {_name(func)} is an async def; await it, or offload a def")
    if retries < 0:
        raise ValueError(f"retries must be 0 or more, not {retries}")
    request = current_request.get()
    if request is None or request.port.thread != get_ident():
        request = _outside()
    runtime = request.runtime
    site = runtime.planner.offload_site(func, chosen, retries)
    runs: RunsCalls
    if chosen is Lane.LOOP:
        runs = runtime.loop_lane
    elif chosen is Lane.THREAD:
        runs = runtime.thread_lane
    else:
        runs = runtime.remote_lane(chosen)
    kind = CallKind.BACKGROUND_TASK if request.in_background else CallKind.OFFLOAD
    result: _T = await runs.run(request, site, kind, partial(func, **kwargs) if kwargs else func, args)
    return result


def _lane(lane: Lane | str) -> Lane:
    try:
        return Lane(lane)
    except ValueError:
        raise LaneError(f"offload: unknown lane {lane!r}{suggest(str(lane), Lane)}") from None


def _name(func: Callable[..., Any]) -> str:
    return getattr(func, "__qualname__", None) or type(func).__qualname__


def _outside() -> Request:
    """What stands for a request in a lifespan or a task of the app's own: there, one app must be the one meant."""
    if not installed:
        raise LaneError("offload: no app has Clearway; call clearway.install(app) first, or use clearway run")
    if len(installed) > 1:
        raise LaneError(
            f"offload: {len(installed)} apps have Clearway, and outside a request none of them is meant; "
            "call it from a request, or install Clearway on the outermost app alone"
        )
    port = installed[0].ports.current()
    if port is None:
        raise LaneError("offload: this event loop is not asyncio's")
    return Request(installed[0], port, {"type": "offload"}, _nothing)


async def _nothing() -> Message:
    raise RuntimeError("no client is here to be read from")
