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
    seen: Seen | None


class Garbage:
    """Counts the time of all collections on all threads while it is on."""

    def __init__(self, look: Callable[[FrameType, int], Seen | None]) -> None:
        self._total_ns = 0
        self._long: deque[Collection] = deque(maxlen=16)
        self._look = look
        self._started_ns = 0
        self._thread = 0

    @property
    def is_on(self) -> bool:
        """Whether the collector's times are counted."""
        return self._heard in gc.callbacks

    def switch_on(self) -> None:
        """Listen to the collector."""
        if not self.is_on:
            gc.callbacks.append(self._heard)

    def switch_off(self) -> None:
        """Leave no trace in `gc.callbacks`."""
        if self.is_on:
            gc.callbacks.remove(self._heard)

    def _heard(self, phase: str, info: dict[str, int]) -> None:
        # Only one collection runs at a time in a process, so one start is enough.
        if phase == "start":
            self._thread = threading.get_ident()
            self._started_ns = time.perf_counter_ns()
            return
        started_ns, self._started_ns = self._started_ns, 0
        if not started_ns:
            return  # switched on in the middle of a collection
        now = time.perf_counter_ns()
        self._total_ns += now - started_ns
        if now - started_ns >= _LONG_NS:
            try:
                seen = self._look(sys._getframe(1), threading.get_ident())
            except ValueError:  # no frame below: the interpreter is ending
                return
            self._long.append(Collection(now, now - started_ns, seen))

    def total_ns(self, now_ns: int) -> int:
        """Time of all collections until now.

        The thread that collects may have lost the GIL to the loop before it could say that it has finished.
        """
        started_ns = self._started_ns
        return self._total_ns + (now_ns - started_ns if started_ns else 0)

    def culprit(self, since_ns: int) -> Seen | None:
        """The stack that set off the longest collection since then, one that is still going on first."""
        if self._started_ns:
            frame = sys._current_frames().get(self._thread)
            return None if frame is None else self._look(frame, self._thread)
        found = [entry for entry in tuple(self._long) if entry.ended_ns > since_ns]
        longest = max(found, key=lambda entry: entry.duration_ns, default=None)
        return None if longest is None else longest.seen
