"""The workers of one loop: who runs what, who waits, and what ends a call before it is done."""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from time import monotonic, perf_counter, perf_counter_ns
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException

from clearway.model import Lane, LaneError, Loss, WorkerLost
from clearway.runtime import hooks
from clearway.runtime.lanes.child import Child
from clearway.runtime.lanes.frames import Frame
from clearway.runtime.queue import FairQueue
from clearway.runtime.request import ClientGone

if TYPE_CHECKING:
    from collections.abc import Callable

    from clearway.runtime.lanes.child_main import Setup
    from clearway.runtime.lanes.flight import Flight
    from clearway.runtime.lanes.worker import Tracks
    from clearway.runtime.recorder import RouteRecord
    from clearway.settings import Settings

TICK_S = 0.05
"""How often limits and clients are looked at while calls wait or run."""
REST_TICK_S = 15.0
WATCH_CLIENT_NS = 100_000_000
"""A call that has taken so long has its client watched."""
IDLE_S = 300.0
"""A worker that has had nothing to do for so long ends, the last one excepted."""
ATTEMPTS = 3
"""So many workers may die before they begin a call, then it is the call's fault."""
MOST_FAILURES = 3
START_S = 120.0
STOP_S = 1.0


class RanTooLong(HTTPException, WorkerLost):
    """A call ran longer than `max_run`; answered with 504 unless the app's own handlers say otherwise."""


class Pool:
    """At most `limit` workers. Everything here runs on the loop's thread; `snapshot` may read from others."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        limit: int,
        settings: Settings,
        tracks: Tracks,
        lost: Callable[[Loss], None],
    ) -> None:
        self.loop = loop
        self.limit = limit
        self.children: list[Child] = []
        self.killed = 0
        self.lost = 0
        self._settings = settings
        self._tracks = tracks
        self._tell = lost
        self._setup: Callable[[], Setup] | None = None
        self._idle: list[Child] = []
        self._newborn: set[Child] = set()
        """Started in a thread, and not yet taken over by the loop."""
        self._starting = 0
        self._failures = 0
        """How many starts of a worker have failed since the last one that did not."""
        self._wanted = 0
        """How many workers there shall be, also when nothing waits."""
        self._queue: FairQueue[Flight] = FairQueue()
        self._flights: dict[Flight, None] = {}
        """All that wait or run, in the order they came."""
        self._running_of: Counter[RouteRecord] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._ready: asyncio.Future[None] | None = None
        self.is_stopped = False

    @property
    def queued(self) -> int:
        """How many calls wait for a worker."""
        return sum(flight.child is None for flight in list(self._flights))

    @property
    def busy(self) -> int:
        return sum(child.flight is not None for child in list(self.children))

    @property
    def _live(self) -> int:
        return sum(child.is_ready for child in self.children)

    # Workers come and go

    async def start(self, setup: Callable[[], Setup]) -> None:
        """Have all workers ready. Raises LaneError with what the first one failed with."""
        self._setup = setup
        self._wanted = self.limit
        self._ready = self.loop.create_future()
        self._fill()
        try:
            await asyncio.wait_for(self._ready, START_S)
        except TimeoutError:
            await self.stop()
            raise LaneError(
                f"the process lane has no worker: they were not ready within {START_S:g} s; does the main module, "
                "or one with a pinned call, start something when it is imported?"
            ) from None

    def _fill(self) -> None:
        """Start workers for what waits, and for those that have gone."""
        if self.is_stopped:
            return
        needed = max(self._wanted, min(self.limit, len(self.children) + self._unserved()))
        while len(self.children) + self._starting_unborn() < needed:
            self._spawn()

    def _unserved(self) -> int:
        """Waiting calls that no worker on its way will take."""
        return max(0, self.queued - self._starting - len(self._idle))

    def _starting_unborn(self) -> int:
        return self._starting - sum(not child.is_ready for child in self.children)

    def _spawn(self) -> None:
        self._starting += 1
        self._later(self._born())

    async def _born(self) -> None:
        try:
            child = await hooks.original_run_sync(self._make)
        except OSError as error:
            self._starting -= 1
            self._cannot_start(f"the system starts no process: {error.strerror or error}")
            return
        except BaseException:
            self._starting -= 1
            raise
        if self.is_stopped:
            return
        self._newborn.discard(child)
        child.track = self._tracks.take()
        self.children.append(child)
        assert self._setup is not None
        child.attach(self.loop, self, self._setup())

    def _make(self) -> Child:
        """In a thread, which ends its work also where the loop has closed meanwhile."""
        child = Child()
        self._newborn.add(child)
        if self.is_stopped:
            child.kill()
            child.reap()
        return child

    def ready(self, child: Child) -> None:
        self._starting -= 1
        self._failures = 0
        self._rest(child)
        if self._ready is not None and not self._ready.done() and self._live >= self._wanted:
            self._ready.set_result(None)
        self._assign()

    def failed(self, child: Child, reason: str) -> None:
        """A worker could not import the app."""
        self._starting -= 1
        self._drop(child)
        self._cannot_start(f"a worker could not get ready: {reason}")

    def _cannot_start(self, reason: str) -> None:
        error = LaneError(f"the process lane has no worker: {reason}")
        if self._ready is not None and not self._ready.done():
            self._ready.set_exception(error)
        self._failures += 1
        if self._failures < MOST_FAILURES:
            self._fill()
            return
        self._wanted = min(self._wanted, len(self.children))  # only a call asks for another now
        if not self.children and not self._starting:
            for flight in list(self._flights):
                self._settle(flight, error)

    def gone(self, child: Child) -> None:
        """A worker has died, or has closed its socket, which is the end of it too."""
        if not child.is_ready:
            self._starting -= 1
            self._drop(child, reaps=False)
            self._later(self._tell_failed_start(child))
            return
        flight = child.flight
        self._drop(child, reaps=False)
        if flight is not None and not flight.started_ns and flight.attempts < ATTEMPTS:
            child.flight = None
            self._running_of[flight.route] -= 1
            flight.child = None
            self._line_up(flight)
            flight = None
        self._later(self._bury(child, flight))
        self._fill()
        self._assign()

    async def _tell_failed_start(self, child: Child) -> None:
        reason: str = await hooks.original_run_sync(child.reap)
        self._cannot_start(f"{reason} before it was ready")

    async def _bury(self, child: Child, flight: Flight | None) -> None:
        reason: str = await hooks.original_run_sync(child.reap)
        if flight is not None and flight in self._flights:
            self._lose(flight, reason, WorkerLost(f"{flight.site.id}: {reason}"))

    def _drop(self, child: Child, *, reaps: bool = True) -> None:
        if child in self.children:
            self.children.remove(child)
            self._tracks.give_back(child.track)
        if child in self._idle:
            self._idle.remove(child)
        if reaps:
            child.kill()
            self._later(self._bury(child, None))

    def _later(self, coroutine: object) -> None:
        task: asyncio.Task[None] = self.loop.create_task(coroutine)  # type: ignore[arg-type]
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # Calls come and go

    def submit(self, flight: Flight, setup: Callable[[], Setup]) -> None:
        """Take a call. Its future gets the outcome, or what became of it instead."""
        if self.is_stopped:
            raise LaneError("the process lane has stopped")
        self._setup = setup
        self._flights[flight] = None
        self._line_up(flight)
        self._assign()
        if flight.child is None:
            self._fill()
        self._wake()

    def _line_up(self, flight: Flight) -> None:
        self._queue.push(flight)
        flight.route.queued_away += 1

    def _assign(self) -> None:
        while self._idle:
            flight = self._queue.first(self._admits)
            if flight is None:
                return
            child = self._idle.pop()  # the one used last: its memory is warm, and the others may end
            if child.has_ended():
                child.close()
                self.gone(child)
                return
            self._queue.pop(flight)
            flight.route.queued_away -= 1
            child.flight = flight
            flight.child = child
            flight.track = child.track
            flight.attempts += 1
            flight.sent_ns = perf_counter_ns()
            self._running_of[flight.route] += 1
            child.send(Frame.CALL, flight.payload)

    def _admits(self, flight: Flight) -> bool:
        limit = flight.route.limit
        return limit is None or self._running_of[flight.route] < limit

    def started(self, child: Child) -> None:
        if child.flight is not None:
            child.flight.begins()

    def returned(self, child: Child, outcome: bytes) -> None:
        flight = child.flight
        if flight is not None:
            self._free(flight)
            if not flight.future.done():
                flight.future.set_result(outcome)
        self._rest(child)
        self._assign()

    def _rest(self, child: Child) -> None:
        child.idle_since = monotonic()
        if child not in self._idle:
            self._idle.append(child)

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
        self._drop(child)
        self._fill()
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
        for child in list(self.children):
            if child.has_ended():
                child.close()
                self.gone(child)
        self._end_idle()
        if self._flights:
            self._timer = self.loop.call_later(TICK_S, self._tick)
        elif len(self.children) > 1 and not self.is_stopped:
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
                reason = f"ran longer than {settings.max_run_s:g} s"
                self.end(flight, reason, RanTooLong(504, detail=f"The call {reason}"))
                return
            if settings.process_memory_mb is not None:
                used_mb = child.memory_bytes() / 2**20
                if used_mb > settings.process_memory_mb:
                    reason = f"worker {child.pid} used {used_mb:.0f} MB, more than {settings.process_memory_mb} MB"
                    self.end(flight, reason, WorkerLost(f"{flight.site.id}: {reason}"))
                    return
        if waited_ns > WATCH_CLIENT_NS and flight.is_awaited:
            flight.request.watch_client()

    def _end_idle(self) -> None:
        now = monotonic()
        while len(self._idle) > 1 and len(self.children) > 1 and now - self._idle[0].idle_since > IDLE_S:
            child = self._idle[0]
            self._wanted = min(self._wanted, len(self.children) - 1)
            child.close()
            self._drop(child, reaps=False)
            self._later(self._bury(child, None))

    # The end

    async def stop(self) -> None:
        """End all workers: those that rest may say goodbye, the others are killed."""
        error = LaneError("the process lane has stopped")
        children = self._let_go()
        for flight in list(self._flights):
            self._settle(flight, error)
        await asyncio.gather(*(hooks.original_run_sync(child.reap, STOP_S) for child in children))
        if self._tasks:
            await asyncio.wait(list(self._tasks), timeout=STOP_S)

    def abandon(self) -> None:
        """The same where no loop runs."""
        for child in self._let_go():
            child.kill()
            child.reap()

    def _let_go(self) -> list[Child]:
        self.is_stopped = True
        if self._timer is not None:
            self._timer.cancel()
        children = [*self.children, *self._newborn]
        for child in children:
            if child.flight is None and child.is_ready:
                child.close()
            else:
                child.kill()
        for child in self.children:
            self._tracks.give_back(child.track)
        self.children.clear()
        self._idle.clear()
        return children


def _refusal(limit_s: float, waited_s: float) -> HTTPException:
    return HTTPException(
        503,
        detail=f"No worker was free within {limit_s:g} s",
        headers={"Retry-After": str(max(1, math.ceil(waited_s)))},
    )
