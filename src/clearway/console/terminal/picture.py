"""Rows and totals of what was seen, of one worker or of all: what the screen, the text and the JSON show."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from clearway.console.state import KEPT_US

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from clearway.console.state import RouteNow, Tick, WorkerState
    from clearway.console.terminal.seen import Item, Seen
    from clearway.model import Loss, Stall

WINDOW_S = 10.0
"""Rates and percentiles are of so long."""


@dataclass(frozen=True, slots=True)
class Totals:
    """What stands above everything. Sums over the workers, but for the loop: that of the busiest."""

    rate: float
    in_flight: int
    loop_cpu: float
    overdue_ms: float
    """How long a loop stands still just now; 0 where all turn."""
    busy: int
    live: int
    limit: int
    queued: int
    stalls: int
    losses: int
    dropped: int
    """Events that the recorder had overwritten before they were read."""
    missed: int
    """Frames that this reader was too slow for."""
    unreadable: int


@dataclass(frozen=True, slots=True)
class Route:
    """One route: where it runs, and how it fares."""

    now: RouteNow
    lane: str | None
    stalls: int
    """For which it is to blame."""
    table: dict[str, Any] | None = None
    """Its row of the latest snapshot; of several workers that of the first."""


@dataclass(slots=True)
class Culprit:
    """The stalls of one line of code, or of one cause where no line is to blame."""

    key: str
    last: Item[Stall]
    count: int = 0
    total_ms: float = 0.0
    worst_ms: float = 0.0
    lost_ms: float = 0.0
    """The time that other requests lost, added up. At least: a stall names at most a hundred of those that waited."""
    victims: int = 0
    routes: Counter[str] = field(default_factory=Counter)
    """The routes whose calls stood in the way."""

    @property
    def route(self) -> str | None:
        """Most often."""
        return self.routes.most_common(1)[0][0] if self.routes else None


class Picture:
    """What was seen, as of now. `worker` is a process id, or None for all."""

    def __init__(self, seen: Seen, worker: int | None = None, window_s: float = WINDOW_S) -> None:
        self.seen = seen
        self.worker = worker
        self.window_s = self._window_s(window_s)

    def workers(self) -> list[WorkerState]:
        return [state for pid, state in self.seen.state.workers.items() if self.worker in (None, pid)]

    def alive(self) -> list[WorkerState]:
        return [worker for worker in self.workers() if not worker.is_gone]

    def totals(self) -> Totals:
        """The sums."""
        alive, seen = self.alive(), self.seen
        latest = [worker.latest for worker in alive if worker.latest is not None]
        pools = [tick.pool for worker in alive if (tick := _last_with_pool(worker)) is not None and tick.pool]
        return Totals(
            rate=sum(row.rate for row in self._now()),
            in_flight=sum(frame.in_flight for frame in latest),
            loop_cpu=max((frame.loop_cpu for frame in latest), default=0.0),
            overdue_ms=max((frame.overdue_us for frame in latest), default=0) / 1000,
            busy=sum(pool.busy for pool in pools),
            live=sum(pool.live for pool in pools),
            limit=sum(pool.limit for pool in pools),
            queued=sum(pool.queued for pool in pools),
            stalls=self._counted("stalls", Counter(item.worker for item in seen.stalls)),
            losses=self._counted("losses", Counter(item.worker for item in seen.losses)),
            dropped=sum(worker.dropped for worker in self.workers()),
            missed=sum(worker.missed for worker in self.workers()),
            unreadable=seen.unreadable,
        )

    def _counted(self, key: str, seen: Counter[int]) -> int:
        """Since the app started, as its table says; the table may be a second older than what was seen."""
        total = 0
        for worker in self.workers():
            told = (worker.table or {}).get(key)
            count = told.get("count") if isinstance(told, dict) else None
            total += max(count if isinstance(count, int) else 0, seen[worker.header.worker])
        return total

    def routes(self) -> list[Route]:
        """Every route, in the order in which the app declares them."""
        tables = self._tables()
        blamed = Counter(item.what.route for item in self.stalls())
        rows = []
        for now in self._now():
            table = tables.get(now.route)
            lane = table.get("lane") if table else None
            rows.append(Route(now, lane if isinstance(lane, str) else None, blamed[now.route], table))
        order = {name: place for place, name in enumerate(tables)}
        return sorted(rows, key=lambda row: order.get(row.now.route, len(order)))

    def _now(self) -> list[RouteNow]:
        return self.seen.state.routes(self.window_s, self.worker)

    def _tables(self) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {}
        for worker in self.workers():
            rows = (worker.table or {}).get("routes")
            for row in rows if isinstance(rows, list) else ():
                if isinstance(row, dict) and isinstance(row.get("route"), str):
                    found.setdefault(row["route"], row)
        return found

    def stalls(self) -> Iterator[Item[Stall]]:
        return (item for item in self.seen.stalls if self.worker in (None, item.worker))

    def losses(self) -> list[Item[Loss]]:
        """The latest first."""
        return [item for item in reversed(self.seen.losses) if self.worker in (None, item.worker)]

    def culprits(self) -> list[Culprit]:
        """Those that cost others most first."""
        found: dict[str, Culprit] = {}
        for item in self.stalls():
            stall = item.what
            frame = stall.culprit
            key = f"{frame.file}:{frame.line}" if frame else f"{stall.cause} {stall.operation or ''}"
            culprit = found.setdefault(key, Culprit(key, item))
            culprit.last = item
            culprit.count += 1
            culprit.total_ms += stall.duration_s * 1000
            culprit.worst_ms = max(culprit.worst_ms, stall.duration_s * 1000)
            culprit.lost_ms += sum(victim.waited_s for victim in stall.victims) * 1000
            culprit.victims += stall.victim_count
            if stall.route is not None:
                culprit.routes[stall.route] += 1
        return sorted(found.values(), key=lambda culprit: (-culprit.lost_ms, -culprit.total_ms))

    # Over time

    def rates(self, columns: int, column_s: float) -> dict[str, list[float]]:
        """By route, requests a second in each of the last columns."""
        found: dict[str, list[float]] = {}
        for worker in self.workers():
            for column, tick in self._placed(worker, columns, column_s):
                for counts in tick.counts:
                    row = found.setdefault(worker.routes[counts.route], [0.0] * columns)
                    row[column] += counts.requests / column_s
        return found

    def series(self, columns: int, column_s: float, of: Callable[[Tick], float], *, add: bool = True) -> list[float]:
        """Something of each tick over time: the most in each column, of the workers added up, or of the highest."""
        rows = []
        for worker in self.workers():
            row: list[float | None] = [None] * columns
            for column, tick in self._placed(worker, columns, column_s):
                row[column] = max(row[column] or 0.0, of(tick))
            rows.append(_filled(row, ends=worker.is_gone))
        return [sum(values) if add else max(values) for values in zip(*rows, strict=True)] if rows else [0.0] * columns

    def _placed(self, worker: WorkerState, columns: int, column_s: float) -> Iterator[tuple[int, Tick]]:
        """Columns end with whole multiples of their width, so that a chart moves on and does not shimmer."""
        width = round(column_s * 1e6)
        first = self.seen.state.at_us // width - columns + 1
        for tick in reversed(worker.ticks):
            column = tick.at_us // width - first
            if column < 0:
                break
            if column < columns:
                yield column, tick

    def _window_s(self, wanted_s: float) -> float:
        """As long as wanted, to the edge of a frame; or as long as there is something to count."""
        at_us = self.seen.state.at_us
        since = at_us - min(KEPT_US, round(wanted_s * 1e6))
        bases = []
        for worker in self.workers():
            ticks = worker.ticks
            if not ticks or ticks[-1].at_us <= since:
                continue
            place = bisect_left(ticks, since + 1, key=lambda tick: tick.at_us)
            # A first frame without counts is an introduction: what it tells of begins with it.
            begin = ticks[0].at_us if not ticks[0].counts else max(worker.offset_us, at_us - KEPT_US)
            bases.append(ticks[place - 1].at_us if place else begin)
        return max(at_us - min(bases), 1) / 1e6 if bases else wanted_s


def _last_with_pool(worker: WorkerState) -> Tick | None:
    return next((tick for tick in reversed(worker.ticks) if tick.pool is not None), None)


def _filled(row: list[float | None], *, ends: bool) -> list[float]:
    """Between two frames that are far apart, what the one before said holds; not after a worker's end."""
    last = max((place for place, value in enumerate(row) if value is not None), default=-1)
    filled: list[float] = []
    for place, value in enumerate(row):
        before = filled[-1] if filled else 0.0
        filled.append(value if value is not None else 0.0 if ends and place > last else before)
    return filled
