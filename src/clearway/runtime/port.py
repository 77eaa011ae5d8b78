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

    from clearway.runtime.lanes.threads.worker import Work
    from clearway.runtime.records.recorder import RouteRecord
    from clearway.runtime.request import Request
    from clearway.runtime.stalls import LoopWatch

TURN = 64
"""How many results are delivered in one turn of the loop."""


class LoopPort:
    """One per runtime and loop. Threads hand results in; one wake-up of the loop delivers all that are there."""

    def __init__(self, loop: asyncio.AbstractEventLoop, deliver: Callable[[Work], None]) -> None:
        self.loop = loop
        self.thread = threading.get_ident()
        self.token = anyio.lowlevel.current_token()
        self.in_flight: set[Request] = set()
        self.watch: LoopWatch | None = None
        self.untold = 0
        """Stalls that have been seen and are still to be blamed."""
        self._deliver = deliver
        self._done: deque[Work] = deque()
        self._by_route: dict[RouteRecord, deque[Work]] = {}
        self._scheduled = False
        clock = getattr(time, "pthread_getcpuclockid", None)
        self._clock = clock(self.thread) if clock is not None else None
        self._looked_ns = 0
        self._looked_cpu_ns = 0
        self.cpu = 0.0
        """The part of a processor that the loop's thread used of late, as `cpu_rate` saw it."""

    def cpu_rate(self, now_ns: int) -> float:
        """The part of a processor that the loop's thread uses, smoothed. The watchdog's thread asks each tick."""
        if self._clock is not None:
            try:
                cpu = clock_gettime_ns(self._clock)
            except OSError:  # the thread has ended
                return 0.0
            if self._looked_ns:
                used = (cpu - self._looked_cpu_ns) / max(1, now_ns - self._looked_ns)
                self.cpu += (used - self.cpu) * 0.3
            self._looked_ns, self._looked_cpu_ns = now_ns, cpu
        return self.cpu

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
        if len(self._done) <= TURN and not self._by_route:
            # Cleared first: work that ends from here on sees it and wakes the loop again.
            self._scheduled = False
            done = self._done
            while done:
                self._deliver(done.popleft())
        else:
            self._drain_in_turns()

    def _drain_in_turns(self) -> None:
        """Deliver some of much, the routes taking turns, and let the loop look at its sockets before the rest.

        A thousand results at once would be a thousand responses in one turn of the loop, and a thousand new
        requests in the next: everything else would wait for them.
        """
        done, by_route = self._done, self._by_route
        while done:
            work = done.popleft()
            by_route.setdefault(work.route, deque()).append(work)
        for _ in range(TURN):
            route, ready = next(iter(by_route.items()))
            self._deliver(ready.popleft())
            del by_route[route]
            if ready:
                by_route[route] = ready  # at the end of the line
            elif not by_route:
                break
        if by_route:
            self.loop.call_soon(self._drain)
        else:
            self._scheduled = False
            if self._done:  # ended since we looked, and saw that we were at it
                self._scheduled = True
                self.loop.call_soon(self._drain)
