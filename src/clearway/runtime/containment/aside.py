"""What cannot wait cooperatively runs in a thread, its request suspended meanwhile."""

from __future__ import annotations

from functools import partial
from threading import get_ident
from typing import TYPE_CHECKING, Any, TypeVar

from clearway.model import CallKind
from clearway.runtime import hooks, portal

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import ParamSpec

    _P = ParamSpec("_P")

_T = TypeVar("_T")


def run_aside(func: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
    """In a portal: run `func` in the thread lane and return its result, or raise what it raised.

    Cancelled, the request goes on at once. A call that waited for a thread never runs then; one that runs cannot be
    interrupted: it ends by itself, nobody hears of it, and the lane counts it as abandoned.
    """
    result: _T = portal.wait(_run(func, partial(func, *args, **kwargs)))
    return result


def _run(func: Callable[..., Any], call: Callable[[], Any]) -> Coroutine[Any, Any, Any]:
    request = hooks.current_request.get()
    if request is not None and request.port.thread == get_ident():
        runtime = request.runtime
        try:
            site, _ = runtime.planner.site_of(request.scope, func)
            return runtime.thread_lane.run(request, site, CallKind.OFFLOAD, call, (), abandon=True)
        except Exception as error:
            runtime.fault("placing a call of a contained one", error)
    # In a task that no request has made, too.
    return hooks.original_run_sync(call, abandon_on_cancel=True)
