"""The kinds of edit that a fix can ask for."""

from __future__ import annotations

from enum import StrEnum


class FixKind(StrEnum):
    """What is done at the place that a Fix names. DROP_AWAIT and THREAD_AWAITED make sense only beside a TO_DEF."""

    TO_DEF = "to_def"
    """The `async def` at the place becomes `def`. Its body yields nothing, and awaits nothing when all is done."""
    TO_THREAD = "to_thread"
    """The call at the place, `f(a, b=c)`, becomes `await asyncio.to_thread(f, a, b=c)`."""
    ASYNC_SLEEP = "async_sleep"
    """The call `time.sleep(x)` at the place becomes `await asyncio.sleep(x)`."""
    HAND_OVER = "hand_over"
    """The call at the place is an argument that was meant to be handed over: the `f(a)` in `to_thread(f(a))`, which
    becomes `to_thread(f, a)`.
    """
    ADD_AWAIT = "add_await"
    """The call at the place gets an `await`."""
    DROP_AWAIT = "drop_await"
    """The `await` of the call at the place goes: what it calls becomes `def`, and is no coroutine any more."""
    THREAD_AWAITED = "thread_awaited"
    """`await f(a)`, whose call is at the place, becomes `await asyncio.to_thread(f, a)`: `f` becomes `def`."""
