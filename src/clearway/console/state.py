"""What a stream of frames comes to: routes, stalls, losses and pools of all workers, of now and of the last minutes.

Live or from a recording, everything that shows or judges (page, terminal, doctor, metrics, exports) reads this. The
page does the same for itself, in `web/`.
"""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from clearway.console import soundness
from clearway.frames import Frame, Header, bucket_top_us

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from clearway.frames import Counts, Pool, Waiting

KEPT_US = 120_000_000
"""How far back frames count."""
STALLS = 500
"""So many of the latest are kept, and of losses: with a hundred victims each they take most of a console's memory."""


class Tick(NamedTuple):
    """One frame of one worker, without its single requests. Its time is the stream's: see `WorkerState.offset_us`."""

    at_us: int
    counts: tuple[Counts, ...]
    pool: Pool | None
    loop_cpu: float
    in_flight: int
    overdue_us: int = 0
    waiting: tuple[Waiting, ...] | None = None
    """Where long calls were; None where the frame does not say."""
    refused: tuple[tuple[int, int], ...] = ()


@dataclass
class WorkerState:
    """What one worker has told."""

    header: Header
    offset_us: int
    """Added to the worker's times, they are the stream's: microseconds since the first worker's origin."""
    at_us: int = 0
    """The end of its latest frame, in the stream's time."""
    routes: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    table: dict[str, Any] | None = None
    """Its latest snapshot."""
    ticks: deque[Tick] = field(default_factory=deque)
    totals: dict[str, Counter[int]] = field(default_factory=dict)
    """By route: how many requests fell into which bucket of latency since the stream began."""
    dropped: int = 0
    left_out: int = 0
    missed: int = 0
    """Frames that never came, because the reader was slow."""
    is_gone: bool = False
    latest: Frame | None = None

    def take(self, frame: Frame) -> None:
        """The next frame."""
        self.routes += frame.routes
        self.calls += frame.calls
        self.at_us = frame.at_us + self.offset_us
        self.table = frame.table or self.table
        self.dropped += frame.dropped
        self.left_out += frame.left_out
        self.missed += frame.missed
        self.is_gone = frame.gone
        self.latest = frame
        for counts in frame.counts:
            total = self.totals.setdefault(self.routes[counts.route], Counter())
            for bucket, count in counts.latencies:
                total[bucket] += count
        self.ticks.append(
            Tick(
                self.at_us,
                tuple(frame.counts),
                frame.pool,
                frame.loop_cpu,
                frame.in_flight,
                frame.overdue_us,
                None if frame.waiting is None else tuple(frame.waiting),
                tuple(frame.refused),
            )
        )
        while self.ticks[0].at_us < self.at_us - KEPT_US:
            self.ticks.popleft()


@dataclass(frozen=True, slots=True)
class RouteNow:
    """One route over a while."""

    route: str
    requests: int
    rate: float
    """Requests a second."""
    p50_ms: float | None
    """Of latency, as is what follows; None where no request ended. At most 9 % too high."""
    p95_ms: float | None
    p99_ms: float | None
    slowest_ms: float | None
    wait_ms: float
    """Waiting for a lane, the mean of a request."""


@dataclass(frozen=True, slots=True)
class Told:
    """A stall or a loss, and who told of it."""

    worker: int
    at_us: int
    """When it began, in the stream's time."""
    what: dict[str, Any]
    """As in `Frame.stalls` or `Frame.losses`."""


class State:
    """All workers. Feed it a stream's lines in order.

    It is the gate: whatever `read_line` has let through raises nothing here, and what is not taken, nobody should hear.
    """

    def __init__(self) -> None:
        self.workers: dict[int, WorkerState] = {}
        self.stalls: deque[Told] = deque(maxlen=STALLS)
        self.losses: deque[Told] = deque(maxlen=STALLS)
        self.stall_count = 0
        self.loss_count = 0
        self.at_us = 0
        """The end of the latest frame."""
        self.origin: float | None = None
        """Seconds since the epoch at the stream's time 0."""

    def take(self, item: Header | Frame) -> bool:
        """The next line; whether it was taken. What is wrong with one that was not, `what_is_wrong` says."""
        if isinstance(item, Header):
            if self.origin is None:
                self.origin = item.origin
            self._forget_the_gone()
            self.workers[item.worker] = WorkerState(item, round((item.origin - self.origin) * 1e6))
            return True
        if self.what_is_wrong(item) is not None:
            return False
        worker = self.workers[item.worker]
        worker.take(item)
        self.at_us = max(self.at_us, worker.at_us)
        self.stall_count += len(item.stalls)
        self.loss_count += len(item.losses)
        self.stalls.extend(self._told(worker, item.stalls, "started_s"))
        self.losses.extend(self._told(worker, item.losses, "at_s"))
        return True

    def what_is_wrong(self, frame: Frame) -> str | None:
        """Why a frame would not be taken: it is of a worker that sent no header, or not sound. None for a good one."""
        worker = self.workers.get(frame.worker)
        if worker is None:
            return f"worker {frame.worker} has not said who it is"
        known = len(worker.routes) + len(frame.routes)
        if any(not 0 <= counts.route < known for counts in frame.counts):
            return "it counts requests of a route that was never named"
        return soundness.what_is_wrong(frame)

    def _forget_the_gone(self) -> None:
        """Where workers come and go, those whose frames no longer count."""
        for pid, worker in list(self.workers.items()):
            if worker.is_gone and worker.at_us < self.at_us - KEPT_US:
                del self.workers[pid]

    @staticmethod
    def _told(worker: WorkerState, items: Iterable[dict[str, Any]], clock: str) -> Iterator[Told]:
        for item in items:
            yield Told(worker.header.worker, round(item[clock] * 1e6) + worker.offset_us, item)

    def routes(self, last_s: float = 10.0, worker: int | None = None) -> list[RouteNow]:
        """Every route that the workers know, over the last seconds; of one worker, or of all."""
        since = self.at_us - round(last_s * 1e6)
        gathered: dict[str, _Gathered] = {}
        for state in self._of(worker):
            for name in state.routes:
                gathered.setdefault(name, _Gathered())
            for tick in reversed(state.ticks):
                if tick.at_us <= since:
                    break
                for counts in tick.counts:
                    gathered[state.routes[counts.route]].add(counts)
        return [sums.over(name, last_s) for name, sums in gathered.items()]

    def _of(self, worker: int | None) -> list[WorkerState]:
        return [state for pid, state in self.workers.items() if worker is None or pid == worker]


@dataclass
class _Gathered:
    requests: int = 0
    slowest_us: int = 0
    wait_us: int = 0
    latencies: Counter[int] = field(default_factory=Counter)

    def add(self, counts: Counts) -> None:
        self.requests += counts.requests
        self.slowest_us = max(self.slowest_us, counts.slowest_us)
        self.wait_us += counts.wait_us
        for bucket, count in counts.latencies:
            self.latencies[bucket] += count

    def over(self, name: str, seconds: float) -> RouteNow:
        p50, p95, p99 = (percentile_ms(self.latencies, part) for part in (0.50, 0.95, 0.99))
        wait_ms = self.wait_us / 1000 / self.requests if self.requests else 0.0
        slowest_ms = self.slowest_us / 1000 if self.requests else None
        return RouteNow(name, self.requests, self.requests / seconds, p50, p95, p99, slowest_ms, wait_ms)


def percentile_ms(latencies: Counter[int], part: float) -> float | None:
    """The top of the bucket in which this part of the requests is reached; None for no requests."""
    left = latencies.total() * part
    for bucket in sorted(latencies):
        left -= latencies[bucket]
        if left <= 0:
            return bucket_top_us(bucket) / 1000
    return None
