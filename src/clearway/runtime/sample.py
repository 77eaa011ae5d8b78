"""Which of a frame's requests and calls are told one by one, where there are more than fit.

Always those of a stall, the slowest, and the slowest of each route; of the rest a share, chosen by the request's
number, so that a request is told with all its calls, also where these are in several frames.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

from clearway.runtime.ring import CALL, OUT

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from clearway.runtime.ring import Packed

ROUTE, REQUEST, FIRST, SECOND, LAST = 3, 6, 7, 8, 10
"""Places in an entry of the ring. Of a request that has left, the second time is its latency."""
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
        cut, marked = _cuts(outs, most // 8), self._marked
        told_outs = [
            entry
            for entry in outs
            if entry[SECOND] >= cut[entry[ROUTE]]
            or entry[REQUEST] * _SPREAD % _WHOLE < below
            or entry[REQUEST] in marked
        ]
        chosen = {entry[REQUEST] for entry in told_outs}
        told_calls = [
            entry
            for entry in calls
            if entry[REQUEST] in chosen or entry[REQUEST] * _SPREAD % _WHOLE < below or entry[REQUEST] in marked
        ]
        if len(told_outs) > most:
            told_outs.sort(key=lambda entry: (entry[REQUEST] not in marked, -entry[SECOND]))
            del told_outs[most:]
        if len(told_calls) > most:
            told_calls.sort(key=lambda entry: (entry[REQUEST] not in marked, entry[FIRST] - entry[LAST]))
            del told_calls[most:]
        self._skipped = [*outs, *calls]
        self._told = {id(entry) for entry in (*told_outs, *told_calls)}
        return told_outs, told_calls

    def _late(self) -> list[Packed]:
        skipped, told, marked = self._skipped, self._told, self._marked
        self._skipped, self._told = [], set()
        if not marked:
            return []
        return [entry for entry in skipped if entry[REQUEST] in marked and id(entry) not in told]


def _cuts(outs: Sequence[Packed], count: int) -> dict[int, int]:
    """By route: the latency from which on a request is told in any case. It is one of the slowest, or its route's
    slowest."""
    slowest: dict[int, int] = {}
    for entry in outs:
        if entry[SECOND] > slowest.get(entry[ROUTE], -1):
            slowest[entry[ROUTE]] = entry[SECOND]
    longest = heapq.nlargest(count, [entry[SECOND] for entry in outs])
    return {route: min(latency, longest[-1]) for route, latency in slowest.items()} if longest else slowest
