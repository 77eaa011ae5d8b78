"""Which of a frame's requests and calls are told one by one, where there are more than fit.

Always those of a stall, and the slowest; of the rest the same share of every route, chosen by the request's number, so
that a request that is told in one frame is told in the next one too.
"""

from __future__ import annotations

import heapq
from collections import deque
from operator import itemgetter
from typing import TYPE_CHECKING

from clearway.runtime.ring import CALL, OUT

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from clearway.runtime.ring import Packed

REQUEST, ROUTE, LATENCY = 6, 3, 8
"""Places in an entry of the ring. `LATENCY` is that of a request that has left."""
MARKED = 4096
"""How many requests of stalls are remembered."""
_SPREAD = 2_654_435_761
_WHOLE = 1 << 32


class Sample:
    """Chooses among entries, frame by frame. Not for several threads at once."""

    def __init__(self) -> None:
        self._marked: dict[int, None] = {}
        self._skipped: deque[Packed] = deque()
        """What the frame before left out: a stall is told a moment after its requests may have left."""

    def mark(self, requests: Iterable[int]) -> None:
        """From now on everything of these requests is told: they are a stall's."""
        for request in requests:
            self._marked[request] = None
        for old in list(self._marked)[: max(0, len(self._marked) - MARKED)]:
            del self._marked[old]

    def choose(self, outs: Sequence[Packed], calls: Sequence[Packed], most: int) -> tuple[list[Packed], list[Packed]]:
        """At most `most` requests that have left, and at most `most` calls, with what a stall makes interesting of
        the frame before."""
        late = [entry for entry in self._skipped if entry[REQUEST] in self._marked] if self._marked else []
        self._skipped.clear()
        late_outs = [entry for entry in late if entry[0] == OUT]
        late_calls = [entry for entry in late if entry[0] == CALL]
        if len(outs) + len(late_outs) <= most and len(calls) + len(late_calls) <= most:
            return [*late_outs, *outs], [*late_calls, *calls]
        wanted = self._wanted(outs, most)
        share = min(1.0, most / (len(outs) or 1), most / (len(calls) or 1)) * 0.75  # the rest is for who is wanted
        told_outs = self._pick([*late_outs, *outs], wanted, share, most)
        told_calls = self._pick([*late_calls, *calls], wanted, share, most)
        return told_outs, told_calls

    def _wanted(self, outs: Sequence[Packed], most: int) -> set[int]:
        """The slowest, and the slowest of each route."""
        slowest = heapq.nlargest(most // 8, outs, key=itemgetter(LATENCY))
        of_route: dict[int, Packed] = {}
        for entry in outs:
            best = of_route.get(entry[ROUTE])
            if best is None or best[LATENCY] < entry[LATENCY]:
                of_route[entry[ROUTE]] = entry
        of_routes = heapq.nlargest(most // 8, of_route.values(), key=itemgetter(LATENCY))
        return {entry[REQUEST] for entry in (*slowest, *of_routes)}

    def _pick(self, entries: Sequence[Packed], wanted: set[int], share: float, most: int) -> list[Packed]:
        marked, below = self._marked, int(share * _WHOLE)
        first: list[Packed] = []
        second: list[Packed] = []
        third: list[Packed] = []
        for entry in entries:
            request = entry[REQUEST]
            if request in marked:
                first.append(entry)
            elif request in wanted:
                second.append(entry)
            elif request * _SPREAD % _WHOLE < below:
                third.append(entry)
            else:
                self._skipped.append(entry)
        told = [*first, *second, *third]
        self._skipped.extend(told[most:])
        return told[:most]
