"""`queue.SimpleQueue`. It is written in C, so the class is replaced; `queue.Queue` waits in conditions."""

from __future__ import annotations

import queue
from collections import deque
from time import monotonic
from typing import Any

from clearway.runtime import portal
from clearway.runtime.containment.everywhere import Everywhere
from clearway.runtime.containment.families.locks import AlsoRaw
from clearway.runtime.containment.waiter import Waiter, leave, wake_one

SIMPLE_QUEUE: Any = queue.SimpleQueue


class SimpleQueue(SIMPLE_QUEUE, metaclass=AlsoRaw):  # type: ignore[misc]
    """A `queue.SimpleQueue` whose `get` suspends a contained request."""

    _raw = SIMPLE_QUEUE

    def __init__(self) -> None:
        super().__init__()
        self._waiters: deque[Waiter] = deque()

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
        """As `queue.SimpleQueue.put`: it never waits, and a signal handler may call it."""
        super().put(item, block, timeout)
        if self._waiters:
            wake_one(self._waiters)

    def put_nowait(self, item: Any) -> None:
        """As `queue.SimpleQueue.put_nowait`."""
        self.put(item)

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        """As `queue.SimpleQueue.get`."""
        if not block or (timeout is not None and timeout <= 0) or not portal.is_open():
            return super().get(block, timeout)
        deadline = None if timeout is None else monotonic() + timeout
        while True:
            waiter = Waiter()
            self._waiters.append(waiter)  # before looking: it is woken by what is put afterwards
            try:
                item = super().get(False)
            except queue.Empty:
                pass
            else:
                self._leave(waiter)
                return item
            try:
                released = waiter.wait(None if deadline is None else deadline - monotonic())
            except BaseException:
                self._leave(waiter)
                raise
            if not released:
                self._leave(waiter)
                return super().get(False)  # raises queue.Empty, save for what was put this very moment

    def _leave(self, waiter: Waiter) -> None:
        leave(self._waiters, waiter)
        if waiter.released:
            wake_one(self._waiters)


REPLACEMENTS = (Everywhere(queue, "SimpleQueue", lambda original: SimpleQueue, apart_from=("_queue",)),)
