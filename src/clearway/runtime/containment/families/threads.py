"""`threading.Condition.wait`, and with it everything that waits in one; `Thread.join`.

`Event`, `Semaphore`, `Barrier`, `queue.Queue` and `concurrent.futures` wait in conditions, so one replacement is
enough for all of them, also for objects that were made before.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from threading import get_ident
from time import monotonic
from typing import TYPE_CHECKING, Any

from clearway.runtime import portal
from clearway.runtime.containment.families.locks import LOCK, RLOCK
from clearway.runtime.containment.replacing import Replacement
from clearway.runtime.containment.waiter import Waiter

if TYPE_CHECKING:
    from collections.abc import Callable

_RAW_LOCK, _RAW_RLOCK = type(LOCK()), type(RLOCK())
FIRST_LOOK_S, LAST_LOOK_S = 0.0005, 0.02
"""What cannot tell that it has happened is looked at in pauses that double from the one to the other."""

_starting: set[int] = set()
"""Threads that are starting another one."""


def condition_wait(original: Callable[..., bool]) -> Callable[..., bool]:
    """`Condition.wait`."""

    def wait(self: threading.Condition, timeout: float | None = None) -> bool:
        if not portal.is_open() or get_ident() in _starting or (timeout is not None and timeout <= 0):
            return original(self, timeout)
        condition: Any = self
        if not condition._is_owned():
            raise RuntimeError("cannot wait on un-acquired lock")
        waiter = Waiter()
        condition._waiters.append(waiter)
        saved = condition._release_save()
        notified = False
        try:
            notified = waiter.wait(timeout)
        finally:
            reacquire(condition, saved)
            if not notified:
                _leave(condition, waiter)
        return notified

    return wait


def _leave(condition: Any, waiter: Waiter) -> None:
    """Its request no longer waits."""
    if waiter.released:
        condition.notify()  # it had been chosen, and what it was told of is still there
        return
    with contextlib.suppress(ValueError):
        condition._waiters.remove(waiter)


def reacquire(condition: Any, saved: Any) -> None:
    """Acquire a condition's lock again after a wait. Not even a cancelled request goes on without it."""
    lock = condition._lock
    cancelled: asyncio.CancelledError | None = None
    while True:
        try:
            if type(lock) is _RAW_LOCK:
                _acquire_raw(lock)
            elif type(lock) is _RAW_RLOCK:
                _acquire_raw_rlock(lock, saved[0])
            else:
                condition._acquire_restore(saved)
            break
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        raise cancelled


def _acquire_raw(lock: Any) -> None:
    """A lock that was made before containment began. It cannot tell when it is free."""
    pause_s = 0.0
    while not lock.acquire(False):
        portal.wait(asyncio.sleep(pause_s))
        pause_s = min(pause_s * 2 or FIRST_LOOK_S, LAST_LOOK_S)


def _acquire_raw_rlock(lock: Any, count: int) -> None:
    pause_s = 0.0
    # It would let this thread in a second time while another request of the thread's is inside.
    while lock._is_owned() or not lock.acquire(False):
        portal.wait(asyncio.sleep(pause_s))
        pause_s = min(pause_s * 2 or FIRST_LOOK_S, LAST_LOOK_S)
    for _ in range(count - 1):
        lock.acquire()


def thread_start(original: Callable[..., None]) -> Callable[..., None]:
    """`Thread.start`: its wait for the thread's first step is short, and some callers hold raw locks meanwhile."""

    def start(self: threading.Thread) -> None:
        if not portal.is_open() or get_ident() in _starting:
            original(self)
            return
        _starting.add(get_ident())
        try:
            original(self)
        finally:
            _starting.discard(get_ident())

    return start


def thread_join(original: Callable[..., None]) -> Callable[..., None]:
    """`Thread.join`: the interpreter waits for a lock of its own, so this looks again and again."""

    def join(self: threading.Thread, timeout: float | None = None) -> None:
        if not portal.is_open() or (timeout is not None and timeout <= 0):
            original(self, timeout)
            return
        original(self, 0)  # raises what there is to raise
        deadline = None if timeout is None else monotonic() + timeout
        pause_s = FIRST_LOOK_S
        while self.is_alive():
            remaining = pause_s if deadline is None else min(pause_s, deadline - monotonic())
            if remaining <= 0:
                return
            portal.wait(asyncio.sleep(remaining))
            pause_s = min(pause_s * 2, LAST_LOOK_S)
        original(self, 0)

    return join


REPLACEMENTS = (
    Replacement(threading.Condition, "wait", condition_wait),
    Replacement(threading.Thread, "start", thread_start),
    Replacement(threading.Thread, "join", thread_join),
)
