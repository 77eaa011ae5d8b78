"""The last seconds of a state, added up once for all conditions."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from clearway.model import Cause, Lane

if TYPE_CHECKING:
    from collections.abc import Iterable

    from clearway.console.state import RouteNow, State, Tick, Told, WorkerState
    from clearway.frames import Waiting

WINDOW_S = 10.0
"""What is wrong now is judged by so many seconds: long enough for an average, short enough to see a problem end."""
STAYS = 1.5
"""Another problem has to cost so many times as much as the one that was told, or the sentence would flicker."""
SHORTEST_S = 2.0
"""A stream that has only begun is judged as if it had lasted so long: one stall in its first frame is not all."""
LOADED = 0.9
"""Part of the budget for computing from which on the limiter holds calls back because of it."""
LANES = tuple(Lane)
OUTSIDE = (Cause.GIL, Cause.MACHINE)
"""Causes that have nothing to do with the line that the loop was at."""


@dataclass
class Stalls:
    """The stalls of one line, or of one cause without a line."""

    cause: str
    count: int = 0
    total_s: float = 0.0
    longest_s: float = 0.0
    lost_s: float = 0.0
    """What the stalled request and those that waited for it lost together."""
    victims: int = 0
    routes: Counter[str] = field(default_factory=Counter)
    last: dict[str, Any] = field(default_factory=dict)

    def add(self, stall: dict[str, Any]) -> None:
        duration_s = _number(stall.get("duration_s"))
        if stall.get("cause") not in OUTSIDE:
            # A line is to blame for what it would have taken with a core and the GIL.
            own_s = max(0.0, duration_s - _number(stall.get("starved_s")))
        else:
            own_s = duration_s
        waits = [_number(victim.get("waited_s")) for victim in stall.get("victims") or ()]
        victims = max(int(_number(stall.get("victim_count"))), len(waits))
        # At most a hundred are named. Of those that were only counted, on average each came halfway.
        unnamed_s = (victims - len(waits)) * (sum(waits) / len(waits) if waits else duration_s / 2)
        self.count += 1
        self.total_s += own_s
        self.longest_s = max(self.longest_s, duration_s)
        self.lost_s += (duration_s + sum(waits) + unnamed_s) * (own_s / duration_s if duration_s else 0.0)
        self.victims += victims
        self.routes[stall.get("route") or ""] += 1
        self.last = stall

    @property
    def route(self) -> str | None:
        """The route whose calls stood in the way most often."""
        return self.routes.most_common(1)[0][0] or None if self.routes else None


class Place(NamedTuple):
    """Where long calls were."""

    route: str | None
    lane: Lane
    file: str
    line: int
    function: str
    operation: str | None
    through: tuple[str, ...]
    holds_loop: bool


@dataclass
class Calls:
    """Long calls at one place, on average over the looks of the window."""

    place: Place
    mean: float = 0.0
    computing: float = 0.0
    longest_s: float = 0.0

    @property
    def computes(self) -> bool:
        return self.computing * 2 >= self.mean


@dataclass
class Threads:
    """The thread lanes of all workers, on average over the frames of the window."""

    limit: int = 0
    busy: float = 0.0
    load: float = 0.0
    budget: float = 0.0
    queued: float = 0.0
    queued_full: float = 0.0
    """Of those queued, how many because every thread was taken."""
    queued_loaded: float = 0.0
    """How many because the running ones computed as much as they may."""


class Window:
    """What has happened since `WINDOW_S` ago, in one worker or in all that live."""

    def __init__(self, state: State, worker: int | None = None, stays_with: str | None = None) -> None:
        self.state = state
        self.stays_with = stays_with
        """The subject that was told before: of several lines that cost about the same, it is told again."""
        self.worker = worker
        self.since_us = state.at_us - round(WINDOW_S * 1e6)
        self.workers = [each for pid, each in state.workers.items() if worker in (None, pid) and not each.is_gone]
        begun_us = min((each.ticks[0].at_us for each in self.workers if each.ticks), default=state.at_us)
        self.seconds = min(WINDOW_S, max(SHORTEST_S, (state.at_us - begun_us) / 1e6))
        self.ticks = [(each, [tick for tick in each.ticks if tick.at_us > self.since_us]) for each in self.workers]

    def recent(self, told: Iterable[Told]) -> list[Told]:
        """Stalls or losses of the window."""
        return [each for each in told if each.at_us > self.since_us and self.worker in (None, each.worker)]

    @cached_property
    def stalls(self) -> dict[str, list[Stalls]]:
        """By cause; those that cost most first."""
        groups: dict[tuple[Any, ...], Stalls] = {}
        for told in self.recent(self.state.stalls):
            stall = told.what
            culprit = stall.get("culprit") or {}
            key = stall.get("cause"), culprit.get("file"), culprit.get("line"), stall.get("operation")
            groups.setdefault(key, Stalls(str(stall.get("cause")))).add(stall)
        by_cause: dict[str, list[Stalls]] = defaultdict(list)
        for group in sorted(groups.values(), key=lambda each: -each.lost_s):
            by_cause[group.cause].append(group)
        return by_cause

    def stalled_share(self, cause: Cause) -> float:
        """The part of the time that the loops stood still because of this, all workers' added up."""
        return sum(group.total_s for group in self.stalls.get(cause, ())) / self.seconds

    @cached_property
    def calls(self) -> list[Calls]:
        """Where long calls were, most first."""
        found: dict[Place, Calls] = {}
        for worker, ticks in self.ticks:
            looks = [tick.waiting for tick in ticks if tick.waiting is not None]
            for look in looks:
                for waiting in look:
                    place = _place(worker, waiting)
                    calls = found.setdefault(place, Calls(place))
                    calls.mean += waiting.count / len(looks)
                    calls.computing += waiting.computing / len(looks)
                    calls.longest_s = max(calls.longest_s, waiting.longest_us / 1e6)
        return sorted(found.values(), key=lambda each: -each.mean)

    @cached_property
    def threads(self) -> Threads:
        sums = Threads()
        for _, ticks in self.ticks:
            pools = [tick.pool for tick in ticks if tick.pool is not None]
            for pool in pools:
                part = 1 / len(pools)
                is_loaded = pool.load >= LOADED * pool.budget > 0
                sums.busy += pool.busy * part
                sums.load += pool.load * part
                sums.budget += pool.budget * part
                sums.queued += pool.queued * part
                sums.queued_loaded += pool.queued * part if is_loaded else 0.0
                sums.queued_full += pool.queued * part if pool.busy >= pool.limit and not is_loaded else 0.0
            sums.limit += pools[-1].limit if pools else 0
        return sums

    @cached_property
    def waits(self) -> Counter[str]:
        """By route: milliseconds that its calls have waited for a lane."""
        found: Counter[str] = Counter()
        for worker, ticks in self.ticks:
            for tick in ticks:
                for counts in tick.counts:
                    found[worker.routes[counts.route]] += counts.wait_us // 1000
        return found

    @cached_property
    def routes(self) -> dict[str, RouteNow]:
        """Those that had requests."""
        return {each.route: each for each in self.state.routes(WINDOW_S, self.worker) if each.requests}

    @cached_property
    def refused(self) -> Counter[str]:
        """Refused calls by route."""
        found: Counter[str] = Counter()
        for worker, ticks in self.ticks:
            for tick in ticks:
                for route, count in tick.refused:
                    found[_name(worker, route) or "?"] += count
        return found

    @property
    def in_flight(self) -> float:
        """Requests in flight on average."""
        return sum(_mean(tick.in_flight for tick in ticks) for _, ticks in self.ticks)

    def loop_cpu(self) -> float:
        """The part of a processor that the busiest worker's loop uses."""
        return max((_mean(tick.loop_cpu for tick in ticks) for _, ticks in self.ticks), default=0.0)

    def latest(self) -> list[tuple[WorkerState, Tick]]:
        """The last frame of each worker."""
        return [(worker, ticks[-1]) for worker, ticks in self.ticks if ticks]


def _mean(values: Iterable[float]) -> float:
    known = list(values)
    return sum(known) / len(known) if known else 0.0


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _place(worker: WorkerState, waiting: Waiting) -> Place:
    lane = LANES[waiting.lane] if 0 <= waiting.lane < len(LANES) else Lane.THREAD
    name = _name(worker, waiting.route)
    return Place(
        name, lane, waiting.file, waiting.line, waiting.function, waiting.operation, waiting.through, waiting.holds_loop
    )


def _name(worker: WorkerState, route: int) -> str | None:
    """A recording may say any number."""
    return worker.routes[route] if 0 <= route < len(worker.routes) else None
