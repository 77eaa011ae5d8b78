"""A loop that serves requests: its watch, its requests in flight, and the way back to it from threads."""

from __future__ import annotations

import threading
import time
from collections import deque
from time import clock_gettime_ns
from typing import TYPE_CHECKING, Any

import anyio.lowlevel

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from clearway.runtime.lanes.thread import Work
    from clearway.runtime.request import Request
    from clearway.runtime.stalls import LoopWatch


class LoopPort:
    """One per runtime and loop. Threads hand results in; one wake-up of the loop delivers all that are there."""

    def __init__(self, loop: asyncio.AbstractEventLoop, deliver: Callable[[Work], None]) -> None:
        self.loop = loop
        self.thread = threading.get_ident()
        self.token = anyio.lowlevel.current_token()
        self.in_flight: set[Request] = set()
        self.watch: LoopWatch | None = None
        self._deliver = deliver
        self._done: deque[Work] = deque()
        self._scheduled = False
        clock = getattr(time, "pthread_getcpuclockid", None)
        self._clock = clock(self.thread) if clock is not None else None
        self._looked_ns = 0
        self._looked_cpu_ns = 0
        self._cpu_rate = 0.0

    def cpu_rate(self, now_ns: int) -> float:
        """The part of a processor that the loop's thread uses, smoothed. The watchdog's thread asks each tick."""
        if self._clock is not None:
            try:
                cpu = clock_gettime_ns(self._clock)
            except OSError:  # the thread has ended
                return 0.0
            if self._looked_ns:
                used = (cpu - self._looked_cpu_ns) / max(1, now_ns - self._looked_ns)
                self._cpu_rate += (used - self._cpu_rate) * 0.3
            self._looked_ns, self._looked_cpu_ns = now_ns, cpu
        return self._cpu_rate

    def hand_back(self, work: Work) -> None:
        """From a thread: this work has ended."""
        self._done.append(work)
        if not self._scheduled:
            self._scheduled = True
            self.call(self._drain)

    def call(self, callback: Callable[..., None], *args: Any) -> None:
        """From a thread: run a callback on the loop, unless the loop has closed."""
        try:
            self.loop.call_soon_threadsafe(callback, *args)
        except RuntimeError:
            if not self.loop.is_closed():
                raise

    def _drain(self) -> None:
        # Cleared first: work that arrives from here on sees it and wakes the loop again.
        self._scheduled = False
        done = self._done
        while done:
            self._deliver(done.popleft())
