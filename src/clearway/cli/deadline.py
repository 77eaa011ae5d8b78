"""Ends the process when it was told to stop and cannot: a blocked loop, a thread that never returns."""

from __future__ import annotations

import os
import queue
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

LAST_WORDS_S = 1.0


class Deadline:
    """A daemon thread that calls `last_words` and ends the process, with exit code 0, once time is up.

    Nothing gentler would do: an event loop inside `time.sleep(3600)` hears no cancellation, and the
    interpreter's own exit waits for every thread that is not a daemon.
    """

    def __init__(self, last_words: Callable[[], None]) -> None:
        self._last_words = last_words
        # SimpleQueue.put may be called from a signal handler wherever it interrupted; Event.set may not.
        self._orders: queue.SimpleQueue[float] = queue.SimpleQueue()
        # Started now: starting a thread takes locks that a signal handler must not wait for.
        threading.Thread(target=self._wait, name="clearway-deadline", daemon=True).start()

    def within(self, seconds: float) -> None:
        """End the process in so many seconds at the latest. Safe in signal handlers; the earliest wins."""
        self._orders.put(time.monotonic() + seconds)

    def _wait(self) -> None:
        due = self._orders.get()
        while (left := due - time.monotonic()) > 0:
            try:
                due = min(due, self._orders.get(timeout=left))
            except queue.Empty:
                break
        # In a thread of its own: the blocked thread may hold the lock of the stream that is written to.
        words = threading.Thread(target=self._last_words, daemon=True)
        words.start()
        words.join(LAST_WORDS_S)
        os._exit(0)
