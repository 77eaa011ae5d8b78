"""How many threads run, and for which route.

Three rules, in this order:

1. What finishes a request never waits for what starts one. Work has a tier; lower tiers go first, and the lowest
   runs at once, whatever the limits say. So a pool cannot deadlock against a database's.
2. Threads that wait are cheap, threads that compute fight for the interpreter. Every call has a weight, the part
   of its time that it computes, learned from thread CPU time over wall time and corrected while it runs. Calls
   are admitted while the weights of the running ones stay within a budget of about one interpreter.
3. Every route may always run one call. Beyond that routes take turns, up to the limits.

A worker that takes long work while more is waiting wakes the next worker before it starts, so the pool grows as
fast as work arrives. A worker with short work wakes nobody: it will be back before another could have started.
`tick` finds those that were expected back and were not.
"""

from __future__ import annotations

from _thread import allocate_lock  # containment stands in for `threading.Lock`
from time import perf_counter_ns
from typing import TYPE_CHECKING

from clearway.runtime.lanes.queue import FairQueue
from clearway.runtime.lanes.threads.cores import COMPUTE_BUDGET, Cores
from clearway.runtime.lanes.threads.interpreter import switch_interval
from clearway.runtime.lanes.threads.tier import Tier

if TYPE_CHECKING:
    from collections.abc import Callable

    from clearway.runtime.lanes.threads.worker import Work, Worker
    from clearway.runtime.records.recorder import RouteRecord

COMPUTES = 0.5
"""Above this weight a call mostly computes."""
WAITS = 0.05
"""Below this weight a call does nothing but wait."""
SOON_NS = 1_000_000
"""A worker with short work that began within this time is taken to be back soon."""
OFTEN_NS = 500_000
"""Where calls end this often, and few wait, the next to end takes what waits: waking a thread for each would have
hundreds of them fight for the interpreter."""
FEW = 8
STARVED_NS = 100_000_000
"""When work of a begun request has waited this long at the limit and nothing has ended, a thread is added."""


class Limiter:
    """Decides which waiting work runs next and when threads are added. Every method may be called from any thread."""

    def __init__(self, threads: int, start_worker: Callable[[], Worker]) -> None:
        self.threads = threads
        self.budget = COMPUTE_BUDGET
        self.busy = 0
        self.workers = 0
        self.peak = 0
        self.queued = 0
        self.load = 0.0
        """Weights of the running calls, added up."""
        self._start_worker = start_worker
        self._lock = allocate_lock()
        self._tiers: tuple[FairQueue[Work], ...] = tuple(FairQueue() for _ in Tier)
        self._parked: list[Worker] = []
        self._running: dict[Worker, Work] = {}
        self._shares: list[RouteRecord] = []
        self._searching = 0
        self._running_of = [0] * len(Tier)
        """How many running calls are of each tier."""
        self._added = 0
        """Threads past the limit, lent to begun requests because nothing ended."""
        self._soon: Worker | None = None
        self._at_rest = True
        """No loop is served; a last tick may still come."""
        self._last_end_ns = perf_counter_ns()
        self._end_gap_ns = 10.0 * OFTEN_NS
        """How far apart calls end, smoothed."""
        self._loop_cpu = 0.0
        self._cores = Cores(self._last_end_ns)

    def guarantee(self, route: RouteRecord) -> None:
        """Keep `route.share` threads free for this route."""
        self._shares.append(route)

    def submit(self, work: Work) -> None:
        """Queue work, and see to it that somebody takes it."""
        with self._lock:
            self._tiers[work.tier].push(work)
            self.queued += 1
            self._at_rest = False
            worker = None
            if self._searching == 0 and not self._back_soon(work.submitted_ns) and self._admits(work):
                worker = self._call_worker()
        self._wake(worker)

    def withdraw(self, work: Work) -> bool:
        """Take work out of the queue. False when it runs already or has run."""
        with self._lock:
            if work.started_ns or not self._tiers[work.tier].remove(work):
                return False
            self.queued -= 1
            return True

    def next_work(self, worker: Worker, ended: Work | None) -> Work | None:
        """What a worker does next, after `ended`; None parks it."""
        woken = None
        with self._lock:
            if ended is not None:
                self._end(worker, ended)
            elif worker.searching:
                worker.searching = False
                self._searching -= 1
            work = self._pick()
            if work is None:
                if self._soon is worker:
                    self._soon = None
                self._parked.append(worker)
                return None
            self._begin(worker, work)
            if work.site.short:
                self._soon = worker
            else:
                if self._soon is worker:
                    self._soon = None
                if (
                    self.queued
                    and self._searching == 0
                    and not self._back_soon(work.started_ns)
                    and self._find() is not None
                ):
                    woken = self._call_worker()
        self._wake(woken)
        return work

    def retire(self, worker: Worker) -> bool:
        """A parked worker has had nothing to do for long: whether it may end."""
        with self._lock:
            if worker not in self._parked:
                return False  # somebody is just waking it
            self._parked.remove(worker)
            self.workers -= 1
            return True

    def lose(self, worker: Worker) -> None:
        """A worker has failed, by no fault of the call that it ran: go on without it."""
        with self._lock:
            self.workers -= 1
            if worker.searching:
                worker.searching = False
                self._searching -= 1
            work = self._running.get(worker)
            if work is not None:
                self._end(worker, work)
            replacement = self._call_worker() if self.queued and self._searching == 0 else None
        self._wake(replacement)

    def dismiss_parked(self) -> None:
        """No loop is left: end all workers that have nothing to do."""
        with self._lock:
            self._at_rest = True
            switch_interval.restore(self)
            parked, self._parked = self._parked, []
            self.workers -= len(parked)
        for worker in parked:
            worker.dismissed = True
            worker.wake()

    def waiting_longer_than(self, wait_ns: int, now_ns: int) -> list[Work]:
        """Work that starts something and has waited too long; taken out of the queue."""
        late: list[Work] = []
        with self._lock:
            for queue in self._tiers[Tier.BEGUN_ENDPOINT :]:
                late += queue.remove_older(now_ns - wait_ns)
            self.queued -= len(late)
        return late

    def queue_length(self, route: RouteRecord) -> int:
        """How many calls of a route wait."""
        with self._lock:
            return sum(queue.length_of(route) for queue in self._tiers)

    def idle(self) -> int:
        """Threads that have nothing to do."""
        return len(self._parked)

    def running(self) -> list[tuple[Worker, Work]]:
        """The calls that run now, and who runs each."""
        with self._lock:
            return list(self._running.items())

    def tick(self, now_ns: int, loop_cpu: float, interpreter_is_free: bool) -> None:
        """Look at what runs. Called every few milliseconds from the watchdog's thread.

        `loop_cpu` is the part of a processor that the loops' threads use, `interpreter_is_free` whether a thread
        that asks for the interpreter gets it at once.
        """
        with self._lock:
            self._loop_cpu = loop_cpu
            self._weigh_running(now_ns)
            self.budget = self._cores.budget(self.budget, self.load, now_ns, interpreter_is_free)
            if not self._at_rest and any(worker.weight > COMPUTES for worker in self._running):
                switch_interval.shorten(self)
            else:
                switch_interval.restore(self)
            self._lend_threads(now_ns)
            worker = None
            if self.queued and self._searching == 0 and not self._back_soon(now_ns) and self._find() is not None:
                worker = self._call_worker()
        self._wake(worker)

    # What follows is called with the lock held.

    def _admits(self, work: Work) -> bool:
        if work.tier is Tier.FINISHING:
            return True
        route = work.route
        if route.limit is not None and route.running >= route.limit:
            return False
        if route.running == 0:
            return True
        threads = self.threads
        if work.tier is not Tier.STARTING:
            # A request may hold what those that are less far on are waiting for: these do not count against it.
            threads += sum(self._running_of[work.tier + 1 :]) + self._added
        if self.busy + self._kept_for_others(route) >= threads:
            return False
        site = work.site
        return site.short or self.load + site.weight <= self.budget

    def _kept_for_others(self, route: RouteRecord) -> int:
        if not self._shares:
            return 0
        return sum(max(0, other.share - other.running) for other in self._shares if other is not route)

    def _find(self) -> tuple[FairQueue[Work], Work] | None:
        for queue in self._tiers:
            if queue:
                work = queue.first(self._admits)
                if work is not None:
                    return queue, work
        return None

    def _pick(self) -> Work | None:
        found = self._find()
        if found is None:
            return None
        queue, work = found
        queue.pop(work)
        self.queued -= 1
        return work

    def _begin(self, worker: Worker, work: Work) -> None:
        work.started_ns = worker.looked_ns = perf_counter_ns()
        worker.looked_cpu_ns = -1  # the worker sets it where it reads its clock anyway
        worker.crowd = self._crowd(0.0)
        worker.weight = work.site.weight
        self.load += worker.weight
        self.busy += 1
        self._running_of[work.tier] += 1
        work.route.running += 1
        self._running[worker] = work

    def _end(self, worker: Worker, work: Work) -> None:
        del self._running[worker]
        work.route.running -= 1
        self.busy -= 1
        self._running_of[work.tier] -= 1
        self.load = self.load - worker.weight if self.busy else 0.0
        self._end_gap_ns += (min(work.ended_ns - self._last_end_ns, 10 * OFTEN_NS) - self._end_gap_ns) * 0.05
        self._last_end_ns = work.ended_ns
        if work.cpu_ns >= 0:
            crowd = (worker.crowd + self._crowd(0.0)) / 2
            work.site.learn(work.ended_ns - work.started_ns - work.delay_ns, work.cpu_ns, crowd)
        else:
            work.site.runs += 1

    def _back_soon(self, now_ns: int) -> bool:
        """Whether a worker that runs will take the next work before a parked one could be woken for it."""
        if self.busy == 0:
            return False  # those that ended a moment ago have parked
        if self._end_gap_ns < OFTEN_NS and now_ns - self._last_end_ns < SOON_NS and self.queued <= FEW:
            return True
        worker = self._soon
        if worker is None:
            return False
        work = self._running.get(worker)
        return work is not None and now_ns - work.started_ns < SOON_NS

    def _call_worker(self) -> Worker:
        self._searching += 1
        if self._parked:
            worker = self._parked.pop()
        else:
            worker = self._start_worker()
            self.workers += 1
            self.peak = max(self.peak, self.workers)
        worker.searching = True
        return worker

    def _wake(self, worker: Worker | None) -> None:
        if worker is None:
            return
        try:
            worker.wake()
        except RuntimeError:  # the system has no thread to give
            with self._lock:
                self._searching -= 1
                self.workers -= 1
                if self.workers == 0:
                    raise

    def _crowd(self, own_weight: float) -> float:
        """How many threads want the interpreter, as seen by one of them."""
        return 1.0 + max(0.0, self.load - own_weight) + self._loop_cpu

    def _weigh_running(self, now_ns: int) -> None:
        """Correct the weights of calls that have run for longer than a tick by what they do now."""
        load = 0.0
        for worker, work in self._running.items():
            # What waits is looked at now and then only: a thousand of them must not cost a thousand clock readings.
            pause_ns = 5_000_000 if worker.weight > WAITS else 200_000_000
            if now_ns - worker.looked_ns >= pause_ns:
                worker.look(now_ns, self._crowd(worker.weight))
                if work.site.runs == 0:
                    work.site.weight = worker.weight  # all that is known yet of the calls that wait behind it
                elif worker.weight > WAITS:
                    # It computes. How much it got done in so short a time says more of its luck than of itself.
                    worker.weight = max(worker.weight, work.site.weight)
            load += worker.weight
        self.load = load

    def _lend_threads(self, now_ns: int) -> None:
        if not any(self._tiers[Tier.BEGUN_ENDPOINT : Tier.STARTING]):
            self._added = 0
        elif self.busy >= self.threads + self._added and now_ns - self._last_end_ns > STARVED_NS:
            self._added += 1
