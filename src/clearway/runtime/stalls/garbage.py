"""How long the garbage collector ran, and which line set it off."""

from __future__ import annotations

import gc
import sys
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from clearway.runtime.stalls.blame import Seen

# Shorter collections are counted, but never to blame on their own: their stack is not worth taking.
_LONG_NS = 4_000_000


class Collection(NamedTuple):
    """A long collection. `seen` is what `look` made of the stack that set it off."""

    ended_ns: int
    duration_ns: int
    thread: int
    seen: Seen | None


class Garbage:
    """Counts the time of all collections on all threads while it is on."""

    def __init__(self, look: Callable[[FrameType, int], Seen | None]) -> None:
        self.total_ns = 0
        self.long: deque[Collection] = deque(maxlen=16)
        self._look = look
        self._started_ns = 0

    def switch_on(self) -> None:
        """Listen to the collector."""
        if self._heard not in gc.callbacks:
            gc.callbacks.append(self._heard)

    def switch_off(self) -> None:
        """Leave no trace in `gc.callbacks`."""
        if self._heard in gc.callbacks:
            gc.callbacks.remove(self._heard)

    def _heard(self, phase: str, info: dict[str, int]) -> None:
        # Only one collection runs at a time in a process, so one start is enough.
        if phase == "start":
            self._started_ns = time.perf_counter_ns()
            return
        now = time.perf_counter_ns()
        duration = now - self._started_ns
        if not self._started_ns:
            return  # switched on in the middle of a collection
        self.total_ns += duration
        if duration >= _LONG_NS:
            thread = threading.get_ident()
            seen = self._look(sys._getframe(1), thread)
            self.long.append(Collection(now, duration, thread, seen))

    def longest(self, since_ns: int) -> Collection | None:
        """The longest of the long collections that ended after `since_ns`."""
        found = [entry for entry in tuple(self.long) if entry.ended_ns > since_ns]
        return max(found, key=lambda entry: entry.duration_ns, default=None)
