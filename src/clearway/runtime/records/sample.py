"""Which of a frame's requests and calls are told one by one, where there are more than fit.

Always those of a stall, the slowest, and the slowest of each route; of the rest a share, chosen by the request's
number, so that a request is told with all its calls, also where these are in several frames.
"""

from __future__ import annotations

import heapq
from operator import itemgetter
from typing import TYPE_CHECKING

from clearway.runtime.records.ring import CALL, OUT

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from clearway.runtime.records.ring import Packed

ROUTE, REQUEST, LATENCY = 3, 6, 8
"""Places in an entry of the ring; the last one in that of a request that has left."""
MARKED = 4096
"""How many requests of stalls are remembered."""
_SPREAD = 2_654_435_761
_WHOLE = 1 << 32


class Sample:
    """Chooses among entries, frame by frame. Not for several threads at once."""

    def __init__(self) -> None:
        self._marked: dict[int, None] = {}
        self._skipped: list[Packed] = []
        """Of the frame before, where not all of it was told: a stall is told after its requests may have left."""
        self._told: set[int] = set()
        """Which of these were told, by identity."""

    def mark(self, requests: Iterable[int]) -> None:
        """From now on everything of these requests is told: they are a stall's."""
        self._marked.update(dict.fromkeys(requests))
        for old in list(self._marked)[: max(0, len(self._marked) - MARKED)]:
            del self._marked[old]

    def choose(self, outs: list[Packed], calls: list[Packed], most: int) -> tuple[list[Packed], list[Packed]]:
        """At most `most` requests that have left, and at most `most` calls, with what is marked of the frame before."""
        late = self._late()
        if late:
            outs = [*(entry for entry in late if entry[0] == OUT), *outs]
            calls = [*(entry for entry in late if entry[0] == CALL), *calls]
        if len(outs) <= most and len(calls) <= most:
            return outs, calls
        share = min(1.0, most / (len(outs) or 1), most / (len(calls) or 1))
        below = int(share * 0.75 * _WHOLE)  # the rest is for those that are told in any case
        marked, wanted = self._marked, _slowest(outs, most // 8)
        told_outs = [
            entry
            for entry in outs
            if entry[REQUEST] * _SPREAD % _WHOLE < below or entry[REQUEST] in wanted or entry[REQUEST] in marked
        ]
        told_calls = [
            entry
            for entry in calls
            if entry[REQUEST] * _SPREAD % _WHOLE < below or entry[REQUEST] in wanted or entry[REQUEST] in marked
        ]
        for told in (told_outs, told_calls):
            if len(told) > most:
                told.sort(key=lambda entry: (entry[REQUEST] not in marked, entry[REQUEST] not in wanted))
                del told[most:]
        self._skipped = [*outs, *calls]
        self._told = {id(entry) for entry in (*told_outs, *told_calls)}
        return told_outs, told_calls

    def _late(self) -> list[Packed]:
        skipped, told, marked = self._skipped, self._told, self._marked
        self._skipped, self._told = [], set()
        if not marked:
            return []
        return [entry for entry in skipped if entry[REQUEST] in marked and id(entry) not in told]


def _slowest(outs: Sequence[Packed], count: int) -> set[int]:
    """The slowest requests, and the slowest one of each of as many routes."""
    of_route: dict[int, Packed] = {}
    for entry in outs:
        known = of_route.get(entry[ROUTE])
        if known is None or entry[LATENCY] > known[LATENCY]:
            of_route[entry[ROUTE]] = entry
    by_latency = itemgetter(LATENCY)
    slowest = heapq.nlargest(count, outs, key=by_latency) + heapq.nlargest(count, of_route.values(), key=by_latency)
    return {entry[REQUEST] for entry in slowest}
