"""What a suspended request waits for, and any thread can release; and the line of those who wait for one thing."""

from __future__ import annotations

import asyncio
import contextlib
from threading import get_ident
from time import monotonic
from typing import TYPE_CHECKING, Any

from clearway.runtime import portal

if TYPE_CHECKING:
    from collections import deque


class Waiter:
    """One wait of one request. Made and waited for in a portal; `release` may be called from any thread.

    It has the one method that `threading.Condition` asks of the locks that it keeps for those who wait.
    """

    __slots__ = ("_future", "_loop", "_thread", "released")

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._thread = get_ident()
        self._future: asyncio.Future[None] = self._loop.create_future()
        self.released = False

    def release(self) -> None:
        """End the wait. Raises RuntimeError where the loop is closed."""
        self.released = True
        if get_ident() == self._thread:
            self._wake()
        else:
            self._loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        if not self._future.done():
            self._future.set_result(None)

    def wait(self, timeout_s: float | None = None) -> bool:
        """Suspend the request until it is released, True, or the time is over, False."""
        timer = None if timeout_s is None else self._loop.call_later(max(0.0, timeout_s), self._wake)
        try:
            portal.wait(self._future)
        finally:
            if timer is not None:
                timer.cancel()
        return self.released


def acquire_suspended(lock: Any, waiters: deque[Waiter], timeout: float) -> bool:
    """Acquire a lock of the interpreter's, whose releases wake one of the waiters; the request is suspended."""
    deadline = monotonic() + timeout if timeout >= 0 else None
    waiter = Waiter()
    waiters.append(waiter)
    while not lock.acquire(False):  # again: it may have been released before the waiter was there to be seen
        try:
            remaining = None if deadline is None else deadline - monotonic()
            released = waiter.wait(remaining)
        except BaseException:
            leave(waiters, waiter)
            if waiter.released:
                wake_one(waiters)  # it was told that the lock is free, and nobody else was
            raise
        if not released:
            leave(waiters, waiter)
            acquired = bool(lock.acquire(False))
            if waiter.released and not acquired:
                wake_one(waiters)
            return acquired
        waiter = Waiter()
        waiters.appendleft(waiter)  # somebody was faster; it keeps its place
    leave(waiters, waiter)
    if waiter.released:
        wake_one(waiters)
    return True


def leave(waiters: deque[Waiter], waiter: Waiter) -> None:
    """Its request no longer waits."""
    with contextlib.suppress(ValueError):  # it was released
        waiters.remove(waiter)


def wake_one(waiters: deque[Waiter]) -> None:
    """Release the first waiter whose loop still runs."""
    while waiters:
        try:
            waiters.popleft().release()
        except IndexError:  # another thread was faster
            return
        except RuntimeError:  # its loop is closed
            continue
        return
