"""Whatever happens in whatever order, the limiter loses no work, runs none twice, and keeps its limits."""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from clearway.runtime.lanes.threads.tier import Tier
from tests.runtime.fake_worker import FakePool, FakeWork, route, site_of

ROUTES = 4
TIERS = st.sampled_from([Tier.STARTING, Tier.STARTING, *Tier])


class LimiterMachine(RuleBasedStateMachine):
    """`queued` and the pool's own books, kept apart from the limiter's."""

    @initialize(
        threads=st.integers(1, 4),
        limits=st.tuples(*[st.none() | st.integers(1, 3)] * ROUTES),
        share=st.integers(0, 2),
        weights=st.tuples(*[st.sampled_from([0.0, 0.0, 0.3, 1.0])] * ROUTES),
        short=st.tuples(*[st.booleans()] * ROUTES),
    )
    def begin(
        self,
        threads: int,
        limits: tuple[int | None, ...],
        share: int,
        weights: tuple[float, ...],
        short: tuple[bool, ...],
    ) -> None:
        self.patch = pytest.MonkeyPatch()
        self.pool = FakePool(threads, self.patch)
        self.routes = [route(f"r{number}", limit) for number, limit in enumerate(limits)]
        self.sites = [
            site_of(record.name, weight=weight, short=is_short)
            for record, weight, is_short in zip(self.routes, weights, short, strict=True)
        ]
        if share and share < threads:
            self.routes[0].share = share
            self.pool.limiter.guarantee(self.routes[0])
        self.submitted: list[FakeWork] = []
        self.withdrawn: list[FakeWork] = []
        self.ended: list[FakeWork] = []

    @property
    def queued(self) -> list[FakeWork]:
        gone = {*map(id, self.withdrawn), *map(id, self.pool.taken)}
        return [work for work in self.submitted if id(work) not in gone]

    @rule(number=st.integers(0, ROUTES - 1), tier=TIERS)
    def submit(self, number: int, tier: Tier) -> None:
        self.submitted.append(self.pool.submit(self.routes[number], tier, self.sites[number]))

    @precondition(lambda self: any(worker.awake for worker in self.pool.workers))
    @rule(data=st.data())
    def let_one_look(self, data: st.DataObject) -> None:
        awake = [worker for worker in self.pool.workers if worker.awake]
        self.pool.let_look(data.draw(st.sampled_from(awake)))

    @precondition(lambda self: self.pool.running)
    @rule(data=st.data(), computed=st.booleans())
    def end(self, data: st.DataObject, computed: bool) -> None:
        work = data.draw(st.sampled_from(list(self.pool.running.values())))
        work.cpu_ns = (self.pool.clock() - work.started_ns) if computed else -1
        self.pool.end(work)
        self.ended.append(work)

    @precondition(lambda self: self.submitted)
    @rule(data=st.data())
    def withdraw(self, data: st.DataObject) -> None:
        work: Any = data.draw(st.sampled_from(self.submitted))
        was_queued = work in self.queued
        assert self.pool.limiter.withdraw(work) == was_queued
        if was_queued:
            self.withdrawn.append(work)

    @rule()
    def refuse_the_late(self) -> None:
        starting = [work for work in self.queued if work.tier is not Tier.FINISHING]
        late: Any = self.pool.limiter.waiting_longer_than(0, self.pool.clock())
        assert sorted(map(id, late)) == sorted(map(id, starting))
        self.withdrawn += late

    @rule(loop_cpu=st.sampled_from([0.0, 0.5, 1.0]), free=st.booleans())
    def tick(self, loop_cpu: float, free: bool) -> None:
        self.pool.tick(10_000_000, loop_cpu, free)

    @rule()
    def retire_an_idle_worker(self) -> None:
        for worker in list(self.pool.workers):
            idle = not worker.awake and worker not in self.pool.running
            fake: Any = worker
            assert self.pool.limiter.retire(fake) == idle
            if idle:
                self.pool.workers.remove(worker)
                return

    @rule()
    def settle(self) -> None:
        """Once all had their turn, nothing waits that may not."""
        self.pool.settle()
        for work in self.queued:
            assert work.tier is not Tier.FINISHING
            assert work.route.running > 0

    @invariant()
    def the_books_agree(self) -> None:
        if not hasattr(self, "pool"):
            return
        limiter, running = self.pool.limiter, list(self.pool.running.values())
        assert len(self.pool.taken) == len({id(work) for work in self.pool.taken}), "work ran twice"
        assert limiter.queued == len(self.queued)
        assert limiter.busy == len(running)
        assert limiter.workers == len(self.pool.workers)
        assert limiter.idle() == sum(
            not worker.awake and worker not in self.pool.running for worker in self.pool.workers
        )
        for record in self.routes:
            assert record.running == sum(work.route is record for work in running)
            assert limiter.queue_length(record) == sum(work.route is record for work in self.queued)

    @invariant()
    def the_limits_hold(self) -> None:
        if not hasattr(self, "pool"):
            return
        running = list(self.pool.running.values())
        for record in self.routes:
            own = [work for work in running if work.route is record]
            assert sum(work.tier is Tier.STARTING for work in own) <= self.pool.limiter.threads
            if record.limit is not None:
                assert sum(work.tier is not Tier.FINISHING for work in own) <= record.limit

    def teardown(self) -> None:
        """When calls go on ending, all work is done some time."""
        if not hasattr(self, "pool"):
            return
        try:
            self.drain()
        finally:
            self.patch.undo()

    def drain(self) -> None:
        self.pool.settle()
        for _ in range(2 * len(self.submitted) + 2):
            for work in list(self.pool.running.values()):
                self.pool.end(work)
            self.pool.settle()
        assert self.queued == []
        assert not self.pool.running
        assert (self.pool.limiter.busy, self.pool.limiter.queued, self.pool.limiter.load) == (0, 0, 0.0)


TestLimiter = LimiterMachine.TestCase
TestLimiter.settings = settings(
    max_examples=150,
    stateful_step_count=40,
    suppress_health_check=[HealthCheck.too_slow],
)
