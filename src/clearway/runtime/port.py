"""A loop that serves requests: its watch, its requests in flight, and the way back to it from threads."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from typing import TYPE_CHECKING, Any

import anyio.lowlevel

if TYPE_CHECKING:
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
        self.in_flight: dict[int, Request] = {}
        self.watch: LoopWatch | None = None
        self._deliver = deliver
        self._done: deque[Work] = deque()
        self._scheduled = False

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
