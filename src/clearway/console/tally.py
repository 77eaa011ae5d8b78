"""What all workers have counted since the console began, also those that have gone: numbers that only grow.

A worker that takes the place of one that has gone counts on from there. So the places are few, and no count falls back.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from clearway.frames import Frame, Header

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clearway.console.state import WorkerState
    from clearway.frames import Counts

MOST_ROUTES = 500
"""Further ones are counted together: a proxy or a mount may invent names."""
OTHER = "(other)"
NO_ROUTE = "(none)"
"""Of a stall that no route is to blame for."""
LONGEST_NAME = 200


@dataclass
class Place:
    """What the workers have counted that were, one after the other, in one place.

    `counted` comes from frames and is complete but for events that were overwritten unread; `told` is the table's word,
    which is complete always, and seconds old. A worker's table begins at 0, so at its end it moves to `before`.
    """

    pid: int
    is_gone: bool = False
    before: dict[tuple[str, str], float] = field(default_factory=dict)
    counted: Counter[tuple[str, str]] = field(default_factory=Counter)
    told: dict[tuple[str, str], float] = field(default_factory=dict)
    dropped: int = 0

    def total(self, what: str, route: str = "") -> float:
        """The larger word is the right one: neither ever counts what did not happen."""
        key = (what, route)
        return self.before.get(key, 0) + max(self.counted[key], self.told.get(key, 0))

    def keys(self) -> set[tuple[str, str]]:
        return {*self.before, *self.counted, *self.told}

    def routes(self, what: str) -> set[str]:
        """Those of which there is a word."""
        return {route for kind, route in self.keys() if kind == what}

    def starts_anew(self, pid: int) -> None:
        self.before = {key: self.total(*key) for key in self.keys()}
        self.counted.clear()
        self.told.clear()
        self.pid = pid
        self.is_gone = False


@dataclass
class RouteTimes:
    """The requests of one route by latency, of all workers."""

    latencies: Counter[int] = field(default_factory=Counter)
    """By bucket of `frames.bucket_of`."""
    total_us: int = 0
    wait_us: int = 0
    """Of its calls, for a lane."""


class Tally:
    """Told every item that a hub's state has taken, in order."""

    def __init__(self) -> None:
        self.places: list[Place] = []
        self.times: defaultdict[str, RouteTimes] = defaultdict(RouteTimes)
        self.stalls: Counter[tuple[str, str]] = Counter()
        """By cause and route, as is what follows."""
        self.stall_s: defaultdict[tuple[str, str], float] = defaultdict(float)
        self.victims: Counter[tuple[str, str]] = Counter()
        self.losses: Counter[str] = Counter()
        """By lane."""
        self.gone = 0
        self._of_worker: dict[int, Place] = {}
        self._names: dict[str, str] = {}

    def take(self, item: Header | Frame, worker: WorkerState) -> None:
        """A header, or a frame, and the state of its worker after it."""
        if isinstance(item, Header):
            self._begins(item.worker)
            return
        place = self._of_worker[item.worker]
        place.dropped += item.dropped
        for counts in item.counts:
            self._count(place, self._name(worker.routes[counts.route]), counts)
        if item.table is not None:
            self._hear(place, item.table)
        for stall in item.stalls:
            self._stalled(stall)
        for loss in item.losses:
            self.losses[str(loss.get("lane"))] += 1
        if item.gone:
            place.is_gone = True
            self.gone += 1

    def alive(self) -> Iterator[tuple[int, int]]:
        """(place, process id) of the workers that serve."""
        return ((number, place.pid) for number, place in enumerate(self.places) if not place.is_gone)

    def _begins(self, pid: int) -> None:
        place = next((place for place in self.places if place.is_gone or place.pid == pid), None)
        if place is None:
            place = Place(pid)
            self.places.append(place)
        else:
            self._of_worker.pop(place.pid, None)
            place.starts_anew(pid)
        self._of_worker[pid] = place

    def _count(self, place: Place, route: str, counts: Counts) -> None:
        place.counted["requests", route] += counts.requests
        times = self.times[route]
        times.total_us += counts.total_us
        times.wait_us += counts.wait_us
        for bucket, count in counts.latencies:
            times.latencies[bucket] += count

    def _hear(self, place: Place, table: dict[str, Any]) -> None:
        told: defaultdict[tuple[str, str], float] = defaultdict(float)
        for row in table.get("routes", ()):
            route = self._name(row.get("route", NO_ROUTE))
            for what in ("requests", "refused", "withdrawn"):
                told[what, route] += row.get(what, 0)
            contained = row.get("contained") or {}
            if contained.get("is_on") or contained.get("waits"):
                told["contained", route] += contained.get("waits", 0)
                told["contained_s", route] += contained.get("seconds", 0)
        told["abandoned", ""] = (table.get("threads") or {}).get("abandoned", 0)
        told["faults", ""] = table.get("faults", 0)
        # Not less than before: that of a route that the table leaves out stays.
        place.told = {**place.told, **told}

    def _stalled(self, stall: dict[str, Any]) -> None:
        route = stall.get("route")
        key = (str(stall.get("cause")), NO_ROUTE if route is None else self._name(route))
        self.stalls[key] += 1
        self.stall_s[key] += stall.get("duration_s", 0)
        self.victims[key] += stall.get("victim_count", 0)

    def _name(self, route: str) -> str:
        """The name that a route is counted by: those that come first have their own."""
        name = self._names.get(route)
        if name is None:
            if len(self._names) >= MOST_ROUTES:
                return OTHER
            name = route if len(route) <= LONGEST_NAME else f"{route[: LONGEST_NAME - 1]}…"
            self._names[route] = name
        return name
