"""The limiter's rules, one by one."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from clearway.runtime.lanes.threads.cores import COMPUTE_BUDGET
from clearway.runtime.lanes.threads.limiter import Limiter
from clearway.runtime.lanes.threads.tier import Tier
from tests.runtime.fake_worker import FakePool, FakeWorker, route, site_of

NewPool = Callable[[int], FakePool]

MIDDLE = [tier for tier in Tier if tier not in (Tier.FINISHING, Tier.STARTING)]


@pytest.fixture
def new_pool(monkeypatch: pytest.MonkeyPatch) -> NewPool:
    """A limiter with so many threads, fake workers and a clock of its own."""
    return lambda threads: FakePool(threads, monkeypatch)


def test_workers_are_added_for_work_that_waits_up_to_the_limit(new_pool: NewPool) -> None:
    pool, a = new_pool(4), route("a")
    for _ in range(10):
        pool.submit(a)
    pool.settle()
    limiter = pool.limiter
    assert (limiter.busy, limiter.queued, len(pool.workers), a.running) == (4, 6, 4, 4)
    assert limiter.queue_length(a) == 6
    while pool.running:
        pool.end(next(iter(pool.running.values())))
        pool.settle()
    assert (limiter.busy, limiter.queued, limiter.load, a.running) == (0, 0, 0.0, 0)
    assert limiter.idle() == limiter.workers == limiter.peak == 4


def test_parked_workers_are_used_before_new_ones(new_pool: NewPool) -> None:
    pool, a = new_pool(4), route("a")
    for _ in range(5):
        work = pool.submit(a)
        pool.settle()
        pool.end(work)
    assert len(pool.workers) == 1


def test_what_finishes_a_request_runs_whatever_the_limits_say(new_pool: NewPool) -> None:
    pool, a = new_pool(2), route("a", limit=1)
    pool.submit(a)
    finishing = [pool.submit(a, Tier.FINISHING, site_of("finish", weight=1.0)) for _ in range(5)]
    pool.settle()
    assert set(finishing) <= set(pool.running.values())


def test_lower_tiers_go_first(new_pool: NewPool) -> None:
    pool, a, b = new_pool(1), route("a"), route("b")
    running = pool.submit(b)
    pool.settle()
    waiting = [pool.submit(b, tier) for tier in reversed(Tier) if tier is not Tier.FINISHING]
    pool.end(running)
    assert pool.taken[1].tier is Tier.BEGUN_ENDPOINT
    assert waiting
    assert a.running == 0


@pytest.mark.parametrize("tier", MIDDLE)
def test_who_is_further_on_is_not_kept_by_those_behind(new_pool: NewPool, tier: Tier) -> None:
    pool, a = new_pool(3), route("a")
    for _ in range(5):
        pool.submit(a, Tier(tier + 1))
    pool.settle()
    behind = len(pool.running)
    ahead = [pool.submit(a, tier) for _ in range(5)]
    pool.settle()
    assert len(pool.running) == behind + 3
    assert sum(work in pool.running.values() for work in ahead) == 3


def test_begun_work_gets_a_thread_more_when_nothing_ends(new_pool: NewPool) -> None:
    pool, a = new_pool(2), route("a")
    for _ in range(6):
        pool.submit(a, Tier.BEGUN_ENDPOINT)
    pool.let_all_look()
    assert pool.limiter.busy == 2
    for expected in range(3, 7):
        pool.tick(after_ns=1_000_000_000)
        pool.let_all_look()
        assert pool.limiter.busy == expected


def test_work_that_starts_gets_none_more(new_pool: NewPool) -> None:
    pool, a = new_pool(2), route("a")
    for _ in range(6):
        pool.submit(a)
    for _ in range(10):
        pool.tick(after_ns=1_000_000_000)
        pool.let_all_look()
    assert pool.limiter.busy == 2


def test_a_route_with_nothing_running_always_gets_a_thread(new_pool: NewPool) -> None:
    pool, a, b = new_pool(2), route("a"), route("b")
    for _ in range(5):
        pool.submit(a, site=site_of("compute", weight=1.0))
    pool.settle()
    single = pool.submit(b, site=site_of("compute too", weight=1.0))
    pool.settle()
    assert single in pool.running.values()


def test_routes_take_turns_at_a_thread(new_pool: NewPool) -> None:
    pool, routes = new_pool(1), [route(name) for name in "abc"]
    first = pool.submit(route("first"), site=site_of("first", short=True))
    pool.let_all_look()
    for record in routes:
        for _ in range(3):
            pool.submit(record, site=site_of(record.name, short=True))  # short: nobody else is woken
    work = first
    for _ in range(9):
        pool.end(work)
        work = pool.taken[-1]
    assert "".join(work.route.name for work in pool.taken[1:]) == "abcabcabc"
    assert len(pool.workers) == 1


def test_a_route_s_limit(new_pool: NewPool) -> None:
    pool, a = new_pool(100), route("a", limit=2)
    work = [pool.submit(a) for _ in range(5)]
    pool.settle()
    assert pool.limiter.busy == 2
    pool.end(work[0])
    pool.settle()
    assert pool.limiter.busy == 2


def test_a_share_is_kept_free(new_pool: NewPool) -> None:
    pool, greedy, guarded = new_pool(6), route("greedy"), route("guarded", share=2)
    pool.limiter.guarantee(guarded)
    for _ in range(10):
        pool.submit(greedy)
    pool.settle()
    assert greedy.running == 4
    for _ in range(10):
        pool.submit(guarded)
    pool.settle()
    assert (greedy.running, guarded.running) == (4, 2)


def test_calls_that_compute_share_a_budget(new_pool: NewPool) -> None:
    pool, a = new_pool(100), route("a")
    for _ in range(10):
        pool.submit(a, site=site_of("compute", weight=1.0))
    pool.settle()
    assert pool.limiter.busy == 1
    b = route("b")
    for _ in range(10):
        pool.submit(b, site=site_of("half", weight=0.5))
    pool.settle()
    assert (a.running, b.running) == (1, 1)
    assert pool.limiter.load == COMPUTE_BUDGET


def test_the_budget_grows_while_the_interpreter_is_free_and_shrinks_at_once(new_pool: NewPool) -> None:
    pool, a = new_pool(100), route("a")
    pool.submit(a, site=site_of("compute", weight=1.0))
    pool.let_all_look()
    for _ in range(5):
        pool.tick(is_free=True)
    assert pool.limiter.budget == pytest.approx(COMPUTE_BUDGET + 0.5)
    for _ in range(2):
        pool.tick()
    assert pool.limiter.budget == COMPUTE_BUDGET


def test_withdrawn_work_never_runs_and_running_work_is_not_withdrawn(new_pool: NewPool) -> None:
    pool, a = new_pool(1), route("a")
    running = pool.submit(a)
    pool.settle()
    waiting = pool.submit(a)
    limiter = pool.limiter
    assert limiter.withdraw(waiting)  # type: ignore[arg-type]
    assert not limiter.withdraw(waiting)  # type: ignore[arg-type]
    assert not limiter.withdraw(running)  # type: ignore[arg-type]
    pool.end(running)
    assert pool.taken == [running]
    assert (limiter.queued, limiter.busy) == (0, 0)


def test_late_work_is_taken_out_unless_it_finishes_a_request(new_pool: NewPool) -> None:
    pool, a = new_pool(1), route("a")
    pool.submit(a)
    pool.settle()
    waiting = {tier: pool.submit(a, tier) for tier in (Tier.STARTING, *MIDDLE, Tier.FINISHING)}
    late = pool.limiter.waiting_longer_than(0, pool.clock())
    expected = {waiting[tier] for tier in (Tier.STARTING, *MIDDLE)} - set(pool.running.values())
    assert set(late) == expected  # type: ignore[comparison-overlap]
    pool.settle()
    assert waiting[Tier.FINISHING] in pool.running.values()
    assert pool.limiter.queued == 0


def test_a_retired_worker_is_not_counted(new_pool: NewPool) -> None:
    pool, a = new_pool(4), route("a")
    work = pool.submit(a)
    pool.settle()
    (worker,) = pool.workers
    assert not pool.limiter.retire(worker)  # type: ignore[arg-type]  # it runs
    pool.end(work)
    assert pool.limiter.retire(worker)  # type: ignore[arg-type]
    assert not pool.limiter.retire(worker)  # type: ignore[arg-type]
    assert (pool.limiter.workers, pool.limiter.idle()) == (0, 0)
    pool.submit(a)
    assert len(pool.workers) == 2


def test_a_woken_worker_is_not_retired(new_pool: NewPool) -> None:
    pool, a = new_pool(4), route("a")
    work = pool.submit(a)
    pool.settle()
    pool.end(work)
    pool.submit(a)
    (worker,) = pool.workers
    assert worker.awake
    assert not pool.limiter.retire(worker)  # type: ignore[arg-type]
    pool.settle()
    assert len(pool.running) == 1


def test_a_thread_that_the_system_refuses_leaves_the_work_to_those_that_run(new_pool: NewPool) -> None:
    class Refused(FakeWorker):
        def wake(self) -> None:
            raise RuntimeError("can't start new thread")

    made: list[FakeWorker] = []
    pool, a = new_pool(4), route("a")

    def start() -> FakeWorker:
        made.append(FakeWorker() if not made else Refused())
        return made[-1]

    pool.limiter = Limiter(4, start)  # type: ignore[arg-type]
    first = pool.submit(a)
    pool.let_look(made[0])
    second = pool.submit(a)
    assert (pool.limiter.workers, pool.limiter.queued) == (1, 1)
    pool.end(first)
    assert pool.taken == [first, second]


def test_the_first_thread_that_the_system_refuses_is_said(new_pool: NewPool) -> None:
    class Refused(FakeWorker):
        def wake(self) -> None:
            raise RuntimeError("can't start new thread")

    pool, a = new_pool(4), route("a")
    pool.limiter = Limiter(4, Refused)  # type: ignore[arg-type]
    with pytest.raises(RuntimeError):
        pool.submit(a)
    assert pool.limiter.workers == 0
