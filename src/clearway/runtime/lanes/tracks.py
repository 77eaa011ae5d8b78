"""Small numbers for the threads and processes of a lane: a view draws one track for each."""

from __future__ import annotations

import heapq
from _thread import allocate_lock  # containment stands in for `threading.Lock`


class Tracks:
    """Numbers that are used again, so that there are no more tracks than things that ran at once. From any thread."""

    def __init__(self) -> None:
        self._lock = allocate_lock()
        self._free: list[int] = []
        self._most = 0

    def take(self) -> int:
        """The smallest number that nobody has."""
        with self._lock:
            if self._free:
                return heapq.heappop(self._free)
            self._most += 1
            return self._most - 1

    def give_back(self, number: int) -> None:
        with self._lock:
            heapq.heappush(self._free, number)
