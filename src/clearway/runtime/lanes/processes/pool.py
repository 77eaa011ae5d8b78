"""The calls of one loop in its workers: who runs what, who waits, and what ends a call before it is done."""

from __future__ import annotations

import math
from collections import Counter
from time import perf_counter, perf_counter_ns
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException

from clearway.model import Lane, LaneError, Loss, WorkerLost
from clearway.runtime.lanes.processes.frames import Frame
from clearway.runtime.lanes.processes.workers import START_S, Workers
from clearway.runtime.lanes.queue import FairQueue
from clearway.runtime.request import WATCH_CLIENT_NS, ClientGone

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from clearway.runtime.lanes.processes.child import Child
    from clearway.runtime.lanes.processes.child_main import Setup
    from clearway.runtime.lanes.remote.flight import Flight
    from clearway.runtime.records.recorder import RouteRecord
    from clearway.settings import Settings

TICK_S = 0.05
"""How often limits and clients are looked at while calls wait or run."""
REST_TICK_S = 15.0
ATTEMPTS = 3
"""So many workers may die before they begin a call, then it is the call's fault."""


class RanTooLong(HTTPException, WorkerLost):
    """A call ran longer than `max_run`; answered with 504 unless the app's own handlers say otherwise."""


class Pool:
    """At most `limit` workers. Everything here runs on the loop's thread; `snapshot` may read from others."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, limit: int, settings: Settings, lost: Callable[[Loss], None]
    ) -> None:
        self.loop = loop
        self.workers = Workers(loop, limit, self, lambda: self.queued, self._fail_all)
        self.killed = 0
        self.lost = 0
        self._settings = settings
        self._tell = lost
        self._queue: FairQueue[Flight] = FairQueue()
        self._flights: dict[Flight, None] = {}
        """All that wait or run, in the order they came."""
        self._running_of: Counter[RouteRecord] = Counter()
        self._timer: asyncio.TimerHandle | None = None

    @property
    def is_stopped(self) -> bool:
        return self.workers.have_stopped

    @property
    def queued(self) -> int:
        """How many calls wait for a worker."""
        return sum(flight.child is None for flight in list(self._flights))

    @property
    def busy(self) -> int:
        return sum(child.flight is not None for child in list(self.workers.all))

    async def start(self, setup: Callable[[], Setup]) -> None:
        """Have all workers ready. Raises LaneError with what the first one failed with."""
        self.workers.setup = setup
        try:
            await self.workers.start()
        except TimeoutError:
            await self.stop()
            raise LaneError(
                f"the process lane has no worker: they were not ready within {START_S:g} s; does the main module, "
                "or one with a pinned call, start something when it is imported?"
            ) from None

    # What the workers say

    def ready(self, child: Child) -> None:
        self.workers.ready(child)
        self._assign()

    def failed(self, child: Child, reason: str) -> None:
        self.workers.failed(child, reason)

    def started(self, child: Child) -> None:
        if child.flight is not None:
            child.flight.begins()

    def returned(self, child: Child, outcome: bytes) -> None:
        flight = child.flight
        if flight is not None:
            self._free(flight)
            if not flight.future.done():
                flight.future.set_result(outcome)
        self.workers.rest(child)
        self._assign()

    def gone(self, child: Child) -> None:
        """A worker has died, or has closed its socket, which is the end of it too."""
        if not child.is_ready:
            self.workers.gone_early(child)
            return
        flight = child.flight
        if flight is not None and not flight.started_ns and flight.attempts < ATTEMPTS:
            child.flight = None
            self._running_of[flight.route] -= 1
            flight.child = None
            self._line_up(flight)
            flight = None
        self.workers.bury(child, lambda reason: self._lost_with_worker(flight, reason))
        self.workers.fill()
        self._assign()

    def _lost_with_worker(self, flight: Flight | None, reason: str) -> None:
        if flight is not None and flight in self._flights:
            self._lose(flight, reason, WorkerLost(f"{flight.site.id}: {reason}"))

    def _fail_all(self, error: LaneError) -> None:
        """There is no worker, and none can be had."""
        for flight in list(self._flights):
            self._settle(flight, error)

    # Calls come and go

    def submit(self, flight: Flight, setup: Callable[[], Setup]) -> None:
        """Take a call. Its future gets the outcome, or what became of it instead."""
        if self.is_stopped:
            raise LaneError("the process lane has stopped")
        self.workers.setup = setup
        self._flights[flight] = None
        self._line_up(flight)
        self._assign()
        if flight.child is None:
            self.workers.fill()
        self._wake()

    def _line_up(self, flight: Flight) -> None:
        self._queue.push(flight)
        flight.route.queued_away += 1

    def _assign(self) -> None:
        idle = self.workers.idle
        while idle:
            flight = self._queue.first(self._admits)
            if flight is None:
                return
            child = idle.pop()  # the one used last: its memory is warm, and the others may end
            if child.has_ended():
                child.close()
                self.gone(child)
                return
            self._queue.pop(flight)
            flight.route.queued_away -= 1
            child.flight = flight
            flight.child = child
            flight.attempts += 1
            flight.sent_ns = perf_counter_ns()
            self._running_of[flight.route] += 1
            child.send(Frame.CALL, flight.payload)

    def _admits(self, flight: Flight) -> bool:
        limit = flight.route.limit
        return limit is None or self._running_of[flight.route] < limit

    def _free(self, flight: Flight) -> None:
        """The flight no longer holds its worker, nor its place in the line."""
        self._flights.pop(flight, None)
        if flight.child is None:
            if self._queue.remove(flight):
                flight.route.queued_away -= 1
        elif flight.child.flight is flight:
            flight.child.flight = None
            self._running_of[flight.route] -= 1
            if not self._running_of[flight.route]:
                del self._running_of[flight.route]

    def _settle(self, flight: Flight, error: BaseException) -> None:
        self._free(flight)
        if not flight.future.done():
            flight.future.set_exception(error)

    def _lose(self, flight: Flight, reason: str, error: BaseException) -> None:
        self.lost += 1
        self._settle(flight, error)
        self._tell(Loss(perf_counter(), Lane.PROCESS, flight.route.name, flight.site.id, flight.request.id, reason))

    def end(self, flight: Flight, reason: str, error: BaseException) -> None:
        """End a call before it is done, its worker with it; one that waits only leaves the line."""
        if flight not in self._flights:
            return
        child = flight.child
        if child is None:
            self._settle(flight, error)
            return
        self.killed += 1
        self._lose(flight, reason, error)
        self.workers.kill(child)
        self.workers.fill()
        self._assign()

    def leave(self, flight: Flight) -> None:
        """The client of a call has gone."""
        if flight.is_awaited and not flight.future.done():
            flight.route.withdrawn += 1
            self.end(flight, "client gone", ClientGone())

    # Limits

    def _wake(self) -> None:
        """Look soon: something waits or runs."""
        if self._timer is None or self._timer.when() - self.loop.time() > TICK_S:
            if self._timer is not None:
                self._timer.cancel()
            self._timer = self.loop.call_later(TICK_S, self._tick)

    def _tick(self) -> None:
        self._timer = None
        now_ns = perf_counter_ns()
        for flight in list(self._flights):
            self._look_at(flight, now_ns)
        for child in list(self.workers.all):
            if child.has_ended():
                child.close()
                self.gone(child)
        self.workers.end_idle()
        if self._flights:
            self._timer = self.loop.call_later(TICK_S, self._tick)
        elif len(self.workers.all) > 1 and not self.is_stopped:
            self._timer = self.loop.call_later(REST_TICK_S, self._tick)

    def _look_at(self, flight: Flight, now_ns: int) -> None:
        settings = self._settings
        child = flight.child
        waited_ns = now_ns - flight.submitted_ns
        if child is None:
            if settings.max_wait_s is not None and waited_ns > settings.max_wait_s * 1e9 and flight.may_be_refused:
                flight.route.refused += 1
                self._settle(flight, _refusal(settings.max_wait_s, waited_ns / 1e9))
                return
        else:
            if settings.max_run_s is not None and now_ns - flight.sent_ns > settings.max_run_s * 1e9:
                what = f"ran longer than {settings.max_run_s:g} s"
                self.end(flight, f"{what} (max_run)", RanTooLong(504, detail=f"The call {what}"))
                return
            if settings.process_memory_mb is not None:
                used_mb = child.memory_bytes() / 2**20
                if used_mb > settings.process_memory_mb:
                    most = f"{settings.process_memory_mb} MB (process_memory)"
                    reason = f"worker {child.pid} used {used_mb:.0f} MB, more than {most}"
                    self.end(flight, reason, WorkerLost(f"{flight.site.id}: {reason}"))
                    return
        if waited_ns > WATCH_CLIENT_NS and flight.is_awaited:
            flight.request.watch_client()

    # The end

    async def stop(self) -> None:
        """End all workers: those that rest may say goodbye, the others are killed."""
        children = self._let_go()
        self._fail_all(LaneError("the process lane has stopped"))
        await self.workers.end(children)

    def abandon(self) -> None:
        """The same where no loop runs."""
        for child in self._let_go():
            child.kill()
            child.reap()

    def _let_go(self) -> list[Child]:
        if self._timer is not None:
            self._timer.cancel()
        return self.workers.let_go()


def _refusal(limit_s: float, waited_s: float) -> HTTPException:
    return HTTPException(
        503,
        detail=f"No worker was free within {limit_s:g} s",
        headers={"Retry-After": str(max(1, math.ceil(waited_s)))},
    )
