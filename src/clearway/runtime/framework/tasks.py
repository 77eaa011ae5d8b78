"""Tasks: the AnyIO scope that a task runs in, and what AnyIO keeps for each thread."""

from __future__ import annotations

import asyncio
from functools import partial

import anyio
from anyio import CancelScope
from anyio._backends import _asyncio as anyio_asyncio
from anyio._core import _eventloop as anyio_eventloop

_task_states = getattr(anyio_asyncio, "_task_states", None)

threadlocals = anyio_eventloop.threadlocals
"""AnyIO's thread-local state: `current_token` and `current_cancel_scope` make `anyio.from_thread` work."""

forget_async_library = partial(anyio_eventloop.set_current_async_library, None)


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
