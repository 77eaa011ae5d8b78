"""`threading.Lock` and `threading.RLock`: a contained request that has to wait for one is suspended.

A lock of the interpreter's own cannot be made to tell when it is released. So the two factories are replaced, also
where modules have taken them by `from threading import Lock`, and what they make from then on are the classes below.
A lock made before stays what it is: who waits for it holds the whole loop up.
"""

from __future__ import annotations

import _thread
import asyncio
import threading
from collections import deque
from threading import get_ident
from typing import Any

from greenlet import getcurrent

from clearway.runtime import portal
from clearway.runtime.containment.everywhere import Everywhere
from clearway.runtime.containment.waiter import Waiter, acquire_suspended, wake_one

LOCK, RLOCK = threading.Lock, threading.RLock
"""The factories as the interpreter has them."""

_raw_lock = _thread.allocate_lock
_RAW: Any = type(_thread.allocate_lock())
_RAW_RLOCK: Any = _thread.RLock


class DeadlockAvoided(RuntimeError):
    """The loop's thread was about to wait for a lock that only a suspended request of the same thread can release."""


class AlsoRaw(type):
    """`isinstance(lock, threading.Lock)` also holds for a lock that was made before."""

    _raw: Any

    def __instancecheck__(cls, instance: object) -> bool:
        return type.__instancecheck__(cls, instance) or isinstance(instance, cls._raw)


class Lock(metaclass=AlsoRaw):
    """A `threading.Lock` that a contained request waits for without holding up its loop.

    Nobody else pays for more than a Python call: a thread that has to wait does so in the lock inside.
    """

    __slots__ = ("__weakref__", "_holder", "_raw_lock", "_waiters")
    _raw = _RAW

    def __init__(self) -> None:
        self._raw_lock = _raw_lock()
        self._waiters: deque[Waiter] = deque()
        self._holder: asyncio.Task[Any] | None = None
        """The contained task that has acquired it."""

    @property  # type: ignore[misc]
    def __class__(self) -> Any:  # for code that asks whether it is a lock of the interpreter's
        return _RAW

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """As `threading.Lock.acquire`."""
        if self._raw_lock.acquire(False):
            if getcurrent().parent is not None:
                self._holder = contained_task()
            return True
        if not blocking or timeout == 0:
            return self._raw_lock.acquire(blocking, timeout)  # which also refuses impossible arguments
        return self._wait(timeout)

    __enter__ = acquire

    def _wait(self, timeout: float) -> bool:
        task = contained_task()
        if task is None:
            if timeout < 0:
                refuse_deadlock(self._holder)
            return self._raw_lock.acquire(True, timeout)
        if acquire_suspended(self._raw_lock, self._waiters, _checked(timeout)):
            self._holder = task
            return True
        return False

    def release(self) -> None:
        """As `threading.Lock.release`."""
        self._holder = None
        self._raw_lock.release()
        if self._waiters:
            wake_one(self._waiters)

    def __exit__(self, *error: object) -> None:
        self._holder = None
        self._raw_lock.release()
        if self._waiters:
            wake_one(self._waiters)

    def locked(self) -> bool:
        """As `threading.Lock.locked`."""
        return self._raw_lock.locked()

    acquire_lock, release_lock, locked_lock = acquire, release, locked

    def _at_fork_reinit(self) -> None:
        self._raw_lock = _raw_lock()
        self._waiters.clear()
        self._holder = None

    def __reduce__(self) -> Any:
        raise TypeError("cannot pickle '_thread.lock' object")

    def __repr__(self) -> str:
        return f"<{'locked' if self.locked() else 'unlocked'} clearway lock object at {id(self):#x}>"


class RLock(metaclass=AlsoRaw):
    """A `threading.RLock` that belongs to a request where a contained one acquires it, and else to a thread.

    Requests share their loop's thread: were the thread its owner, all of them could enter at once.
    """

    __slots__ = ("__weakref__", "_count", "_owner", "_raw_lock", "_waiters")
    _raw = _RAW_RLOCK

    def __init__(self) -> None:
        self._raw_lock = _raw_lock()
        self._waiters: deque[Waiter] = deque()
        self._owner: int | asyncio.Task[Any] | None = None
        self._count = 0

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        return _RAW_RLOCK

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """As `threading.RLock.acquire`."""
        thread = get_ident()
        task = contained_task() if getcurrent().parent is not None else None
        if self._owner is not None and self._owner in (thread, task):
            # Where plain code of the loop's thread holds it across an `await`, it is no obstacle to that thread:
            # so it was without containment.
            self._count += 1
            return True
        if not self._raw_lock.acquire(False):
            if not blocking or timeout == 0:
                return self._raw_lock.acquire(blocking, timeout)  # which also refuses impossible arguments
            if task is not None:
                if not acquire_suspended(self._raw_lock, self._waiters, _checked(timeout)):
                    return False
            elif self._is_owned():
                self._count += 1
                return True
            else:
                if timeout < 0:
                    refuse_deadlock(self._owner)
                if not self._raw_lock.acquire(True, timeout):
                    return False
        self._owner = thread if task is None else task
        self._count = 1
        return True

    __enter__ = acquire

    def release(self) -> None:
        """As `threading.RLock.release`."""
        if self._owner != get_ident() and not self._is_owned():
            raise RuntimeError("cannot release un-acquired lock")
        self._count -= 1
        if not self._count:
            self._free()

    def __exit__(self, *error: object) -> None:
        self.release()

    def _free(self) -> None:
        self._owner = None
        self._raw_lock.release()
        if self._waiters:
            wake_one(self._waiters)

    def locked(self) -> bool:
        """As `threading.RLock.locked`, which Python has from 3.14 on."""
        return self._raw_lock.locked()

    # What `threading.Condition` asks of a lock that can be held more than once.

    def _is_owned(self) -> bool:
        owner = self._owner
        if owner is None or isinstance(owner, int):
            return owner == get_ident()
        return is_running(owner)  # also where it has left its portal, as after the end of an endpoint

    def _release_save(self) -> tuple[int, int | asyncio.Task[Any] | None]:
        if not self._count:
            raise RuntimeError("cannot release un-acquired lock")
        saved = self._count, self._owner
        self._count = 0
        self._free()
        return saved

    def _acquire_restore(self, saved: tuple[int, int | asyncio.Task[Any] | None]) -> None:
        self.acquire()
        self._count, self._owner = saved

    def _recursion_count(self) -> int:
        return self._count if self._is_owned() else 0

    def _at_fork_reinit(self) -> None:
        self._raw_lock = _raw_lock()
        self._waiters.clear()
        self._owner = None
        self._count = 0

    def __reduce__(self) -> Any:
        raise TypeError("cannot pickle '_thread.RLock' object")

    def __repr__(self) -> str:
        state = "locked" if self.locked() else "unlocked"
        return f"<{state} clearway RLock object owner={self._owner!r} count={self._count} at {id(self):#x}>"


def contained_task() -> asyncio.Task[Any] | None:
    """The task whose contained call asks; None for everybody else."""
    current = portal.current_portal()
    return None if current is None else current.task


def is_running(task: asyncio.Task[Any]) -> bool:
    """Whether it is this task that asks."""
    try:
        return asyncio.current_task() is task
    except RuntimeError:  # a thread without a loop
        return False


def refuse_deadlock(holder: object) -> None:
    """Raise DeadlockAvoided where the lock's holder is a suspended request of this thread's loop.

    Only the loop could resume it, and the loop is what would wait.
    """
    if not isinstance(holder, asyncio.Task) or holder.done():
        return
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return
    if holder.get_loop() is loop:
        raise DeadlockAvoided(
            "this would wait for ever for a lock that a suspended request of the same event loop holds; "
            "contain this call as well (contain = true), or hold the lock for less"
        )


def _checked(timeout: float) -> float:
    """The timeout, where the interpreter's own lock would take it; else what that one raises."""
    if timeout < 0 and timeout != -1:
        raise ValueError("timeout value must be a non-negative number")
    if timeout > threading.TIMEOUT_MAX:
        raise OverflowError("timeout value is too large")
    return timeout


REPLACEMENTS = (
    # Python's own machinery, where these are the same function, rests on locks of the interpreter's.
    Everywhere(threading, "Lock", lambda original: Lock, apart_from=("_thread", "threading._allocate_lock")),
    Everywhere(threading, "RLock", lambda original: RLock),
)
