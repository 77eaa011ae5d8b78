"""Who may go to the cluster next: bounded, fair between routes, and not kept waiting longer than was said."""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from time import perf_counter_ns
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException

from clearway.runtime.lanes.queue import FairQueue
from clearway.runtime.lanes.remote.flight import Flight
from clearway.runtime.request import WATCH_CLIENT_NS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from clearway.model import CallKind
    from clearway.runtime.lanes.clusters import Job
    from clearway.runtime.plan.site import CallSite
    from clearway.runtime.records.recorder import RouteRecord
    from clearway.runtime.request import Request

TICK_S = 0.05
AWAY_WAIT_S = 10.0
"""How long a call waits for a cluster that is away, or has no worker, where no `max_wait` is set."""


class Trip(Flight):
    """A call on its way to the cluster and back, through all its attempts."""

    __slots__ = ("asked", "begun", "job", "refusal", "retries", "task", "turn")

    def __init__(self, request: Request, site: CallSite, kind: CallKind, payload: bytes, submitted_ns: int) -> None:
        super().__init__(request, site, kind, payload, submitted_ns)
        self.begun = request.begun > 0 or not self.may_be_refused
        self.retries = site.retries
        self.job: Job | None = None
        """The attempt that is away; None while it waits here."""
        self.asked = False
        """Whether the attempt that is away was asked back."""
        self.refusal: HTTPException | None = None
        self.turn: asyncio.Future[None] | None = None
        self.task: asyncio.Task[None] | None = None


class Admission:
    """Lets trips go while fewer than `bound()` are away. Not for use by several threads."""

    def __init__(
        self,
        bound: Callable[[], int],
        absence: Callable[[], str],
        ask_back: Callable[[Trip], Awaitable[bool]],
        max_wait_s: float | None,
    ) -> None:
        self._bound = bound
        self._absence = absence
        """What is wrong while the bound is 0, as the beginning of a sentence."""
        self._ask_back = ask_back
        self._max_wait_s = max_wait_s
        self.trips: dict[Trip, None] = {}
        """All, in the order they came."""
        self.in_flight = 0
        self._queues: tuple[FairQueue[Trip], FairQueue[Trip]] = (FairQueue(), FairQueue())
        """Those of requests that have begun before the others: what finishes never waits for what starts."""
        self._away_of: Counter[RouteRecord] = Counter()
        self._away_since_ns = 0
        self._timer: asyncio.TimerHandle | None = None
        self._asking: set[asyncio.Task[None]] = set()

    @property
    def queued(self) -> int:
        """How many wait here."""
        return len(self.trips) - self.in_flight

    def enter(self, trip: Trip) -> None:
        """A trip begins."""
        self.trips[trip] = None
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(TICK_S, self._tick)

    def leave(self, trip: Trip) -> None:
        """A trip has ended."""
        self.trips.pop(trip, None)

    async def admit(self, trip: Trip) -> None:
        """Wait for the trip's turn. Raises HTTPException 503 where that takes too long."""
        trip.turn = asyncio.get_running_loop().create_future()
        queue = self._queues[0 if trip.begun else 1]
        queue.push(trip)
        self.pump()
        try:
            await trip.turn
        except BaseException:
            if not queue.remove(trip) and not trip.turn.cancelled() and trip.turn.done():
                self.release(trip)
            raise
        trip.asked = False

    def release(self, trip: Trip) -> None:
        """An attempt is back, however it ended."""
        self.in_flight -= 1
        self._away_of[trip.route] -= 1
        if not self._away_of[trip.route]:
            del self._away_of[trip.route]
        self.pump()

    def pump(self) -> None:
        """Let go who may. Called when a place is free, and when the cluster has changed."""
        bound = self._bound()
        if bound:
            self._away_since_ns = 0
        elif not self._away_since_ns:
            self._away_since_ns = perf_counter_ns()
        for queue in self._queues:
            while self.in_flight < bound:
                trip = queue.first(self._admits)
                if trip is None:
                    break
                queue.pop(trip)
                if trip.turn is None or trip.turn.done():  # cancelled a moment ago
                    continue
                self.in_flight += 1
                self._away_of[trip.route] += 1
                trip.turn.set_result(None)

    def _admits(self, trip: Trip) -> bool:
        limit = trip.route.limit
        return limit is None or self._away_of[trip.route] < limit

    # Time

    def _tick(self) -> None:
        self._timer = None
        now_ns = perf_counter_ns()
        for trip in list(self.trips):
            self._look_at(trip, now_ns)
        if self.trips:
            self._timer = asyncio.get_running_loop().call_later(TICK_S, self._tick)

    def _look_at(self, trip: Trip, now_ns: int) -> None:
        waited_ns = now_ns - trip.submitted_ns
        if waited_ns > WATCH_CLIENT_NS and trip.is_awaited:
            trip.request.watch_client()
        refusal = self._refusal(trip, now_ns) if trip.may_be_refused else None
        if refusal is None:
            return
        if trip.job is None:
            if trip.turn is not None and not trip.turn.done():
                trip.route.refused += 1
                trip.turn.set_exception(refusal)
        elif not trip.asked:
            trip.asked = True  # once is enough: what has begun stays begun
            task = asyncio.get_running_loop().create_task(self._ask(trip, refusal))
            self._asking.add(task)
            task.add_done_callback(self._asking.discard)

    async def _ask(self, trip: Trip, refusal: HTTPException) -> None:
        trip.refusal = refusal
        if await self._ask_back(trip):
            trip.route.refused += 1
        else:
            trip.refusal = None

    def _refusal(self, trip: Trip, now_ns: int) -> HTTPException | None:
        away_since_ns = self._away_since_ns
        if self._max_wait_s is not None:
            limit_s, since_ns = self._max_wait_s, trip.submitted_ns
        elif away_since_ns:
            limit_s, since_ns = AWAY_WAIT_S, max(trip.submitted_ns, away_since_ns)
        else:
            return None
        if now_ns - since_ns <= limit_s * 1e9:
            return None
        what = f"{self._absence()} for" if away_since_ns else "No worker of the cluster was free within"
        waited_s = (now_ns - trip.submitted_ns) / 1e9
        return HTTPException(
            503, detail=f"{what} {limit_s:g} s", headers={"Retry-After": str(max(1, math.ceil(waited_s)))}
        )

    def rest(self) -> None:
        """No more trips."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for task in self._asking:
            task.cancel()
