"""What cannot wait cooperatively runs in a thread, its request suspended meanwhile."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from clearway.runtime import hooks
from clearway.runtime.containment import portal

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any, ParamSpec

    _P = ParamSpec("_P")

_T = TypeVar("_T")


def run_aside(func: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
    """In a portal: run `func` in the thread lane and return its result, or raise what it raised.

    Cancelled, the request goes on at once. The thread cannot be interrupted: it ends by itself, and counts until then.
    """
    call = partial(func, *args, **kwargs)
    request = hooks.current_request.get()
    coroutine: Coroutine[Any, Any, _T] = (
        request.runtime.dispatch(request, call, ())
        if request is not None
        else hooks.original_run_sync(call)  # in a task that no request has made
    )
    # A task of its own: the request may leave it. Not by the loop's factory, which would give it a portal.
    task = asyncio.Task(coroutine, loop=asyncio.get_running_loop())
    task.add_done_callback(_heed)
    return portal.wait(asyncio.shield(task))


def _heed(task: asyncio.Task[Any]) -> None:
    """Nobody may be left to hear of its error."""
    if not task.cancelled():
        task.exception()
