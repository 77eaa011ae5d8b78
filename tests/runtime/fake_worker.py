"""Workers and work for the limiter without threads: a test says when each of them goes on."""

from __future__ import annotations

from typing import Any

import pytest

from clearway.model import CallKind, Lane
from clearway.runtime.lanes.threads.limiter import Limiter
from clearway.runtime.lanes.threads.tier import Tier
from clearway.runtime.plan.site import CallSite
from clearway.runtime.records.recorder import RouteRecord


class Clock:
    """Stands in for `perf_counter_ns`: every reading is a microsecond later than the one before."""

    def __init__(self) -> None:
        self.now_ns = 1_000_000_000

    def __call__(self) -> int:
        self.now_ns += 1_000
        return self.now_ns


def site_of(name: str, *, short: bool = False, weight: float = 0.0) -> CallSite:
    """A call that mostly waits, unless `weight` says that it computes."""
    site = CallSite(f"app:{name}", CallKind.ENDPOINT, Lane.THREAD, "def", None, None, None)
    site.short, site.weight, site.runs = short, weight, 1
    return site


class FakeWork:
    """What the limiter reads and writes of a call."""

    def __init__(self, route: RouteRecord, site: CallSite, tier: Tier, submitted_ns: int = 1) -> None:
        self.route = route
        self.site = site
        self.tier = tier
        self.submitted_ns = submitted_ns
        self.started_ns = 0
        self.ended_ns = 0
        self.cpu_ns = -1
        self.delay_ns = 0

    def __repr__(self) -> str:
        return f"<{self.tier.name} of {self.route.name}>"


class FakeWorker:
    """Awake once somebody has woken it; then it is for the test to let it look for work."""

    def __init__(self) -> None:
        self.awake = False
        self.searching = False
        self.dismissed = False
        self.weight = 0.0
        self.crowd = 1.0
        self.looked_ns = 0
        self.looked_cpu_ns = -1
        self.clock = None

    def wake(self) -> None:
        assert not self.awake, "woken twice"
        self.awake = True

    def look(self, now_ns: int, crowd: float) -> None:
        self.looked_ns = now_ns


class FakePool:
    """A limiter with fake workers, and a clock that only the test moves on."""

    def __init__(self, threads: int, patch: pytest.MonkeyPatch) -> None:
        self.clock = Clock()
        patch.setattr("clearway.runtime.lanes.threads.limiter.perf_counter_ns", self.clock)
        self.workers: list[FakeWorker] = []
        self.running: dict[FakeWorker, FakeWork] = {}
        self.taken: list[FakeWork] = []
        """All work that has been taken, in that order."""
        self.limiter = Limiter(threads, self._new_worker)

    def _new_worker(self) -> Any:
        self.workers.append(FakeWorker())
        return self.workers[-1]

    def submit(self, route: RouteRecord, tier: Tier = Tier.STARTING, site: CallSite | None = None) -> FakeWork:
        work: Any = FakeWork(route, site or site_of(route.name), tier, self.clock())
        self.limiter.submit(work)
        submitted: FakeWork = work
        return submitted

    def let_look(self, worker: FakeWorker, ended: FakeWork | None = None) -> None:
        """The worker asks for its next work."""
        limiter: Any = self.limiter
        work = limiter.next_work(worker, ended)
        worker.awake = False
        if work is not None:
            assert worker not in self.running
            self.running[worker] = work
            self.taken.append(work)

    def let_all_look(self) -> None:
        """Until no woken worker is left."""
        while awake := [worker for worker in self.workers if worker.awake]:
            self.let_look(awake[0])

    def end(self, work: FakeWork) -> None:
        """A call ends, and its worker looks for the next."""
        (worker,) = [worker for worker, running in self.running.items() if running is work]
        del self.running[worker]
        work.ended_ns = self.clock()
        self.let_look(worker, work)

    def tick(self, after_ns: int = 10_000_000, loop_cpu: float = 0.0, is_free: bool = False) -> None:
        """A look from the watchdog, so long after now; by default after all short calls should have ended."""
        self.clock.now_ns += after_ns
        self.limiter.tick(self.clock.now_ns, loop_cpu, is_free)

    def settle(self) -> None:
        """Let pass what ticks and woken workers can bring about."""
        self.let_all_look()
        for _ in range(3):
            self.tick()
            self.let_all_look()


def route(name: str, limit: int | None = None, share: int = 0) -> RouteRecord:
    record = RouteRecord(name, 0, True)
    record.limit, record.share = limit, share
    return record
