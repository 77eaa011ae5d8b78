"""The cluster lane: calls run on a cluster's workers, at most once each unless they say that they may be repeated."""

from __future__ import annotations

import asyncio
import logging
import uuid
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any

from clearway.model import Lane, LaneError, Loss, SettingsError, WorkerLost
from clearway.runtime import framework
from clearway.runtime.lanes.clusters import Cluster, Job, NotBegun, Report, Verdict, code
from clearway.runtime.lanes.clusters.admission import Admission, Trip
from clearway.runtime.lanes.clusters.skew import Skew, refusal
from clearway.runtime.lanes.remote import refusals, travel
from clearway.runtime.request import ClientGone
from clearway.settings import usable_cores

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from clearway.model import CallKind
    from clearway.runtime.install import Runtime
    from clearway.runtime.plan.planner import PlanRow
    from clearway.runtime.plan.site import CallSite
    from clearway.runtime.request import Request

_log = logging.getLogger("clearway")

PREFETCH = 2
"""Calls in flight for each thread of the cluster, so that a worker has the next one before it asks."""
PAUSE_S = 0.02
"""Before a call is sent again that could not be sent."""
NO_ADDRESS = "no cluster is set; add --cluster ADDRESS (tcp://HOST:PORT or local), or `cluster` to the settings"


class ClusterLane:
    """Runs calls on a cluster, by default the one that the settings name. One loop serves it at a time."""

    lane = Lane.CLUSTER

    def __init__(self, runtime: Runtime, cluster: Cluster | None = None) -> None:
        self._runtime = runtime
        self._cluster = cluster if cluster is not None else _cluster_of(runtime)
        self._admission = Admission(self._bound, self._absence, self._ask_back, runtime.settings.max_wait_s)
        self._starting: asyncio.Task[None] | None = None
        self.status = "not started"
        self._is_deserted = False
        """Whether it was said that no worker is left."""
        self.lost = 0
        self.retried = 0
        self.cancelled = 0
        self._skew = Skew()

    # The life of the lane

    def check(self, rows: Sequence[PlanRow], targets: Sequence[Callable[..., Any]]) -> None:
        """Raise SettingsError for a call that can never run here; it names the call and the parameter."""
        refusals.check(self.lane, rows, targets)
        for row in rows:
            if row.call.startswith("__main__:"):
                raise SettingsError(
                    f"{row.route}: {row.call} cannot run in the cluster lane ({row.why}): workers cannot import "
                    "__main__; move it to a module"
                )

    async def start(self) -> None:
        """Connect. Raises LaneError where no scheduler answers, or a worker cannot import Clearway."""
        loop = asyncio.get_running_loop()
        if self._starting is not None and self._starting.get_loop() is not loop:
            if not self._starting.get_loop().is_closed():
                raise LaneError("the cluster lane is in use on another event loop")
            self.abandon()
        if self._starting is None:
            self.status = "connecting"
            self._starting = loop.create_task(self._start())
        starting = self._starting
        try:
            await asyncio.shield(starting)
        except LaneError:
            if self._starting is starting:
                self._starting = None  # the next call tries again
            raise

    async def _start(self) -> None:
        try:
            await self._cluster.start(self._changed)
            await self._skew.compare(
                self._cluster, {row.call.partition(":")[0] for row, _ in self._runtime.planner.placed(self.lane)}
            )
        except LaneError:
            await self._cluster.stop()
            self.status = "failed"
            raise

    def _changed(self) -> None:
        before = self.status
        if before == "stopped":
            return
        if not self._cluster.is_connected:
            self.status = "away"
        else:
            self.status = "connected" if self._cluster.threads else "no workers"
        if (before, self.status) == ("connected", "no workers"):
            self._is_deserted = True
            _log.warning("cluster %s: the last worker has gone; calls wait for another", self._cluster.address)
        elif self._is_deserted and self.status == "connected":
            self._is_deserted = False
            _log.warning("cluster %s: a worker has come", self._cluster.address)
        self._admission.pump()

    async def stop(self) -> None:
        """Disconnect. Calls that wait or run raise LaneError."""
        self.status = "stopped"
        starting, self._starting = self._starting, None
        if starting is not None and not starting.done():
            starting.cancel()
        self._end_trips()
        await self._cluster.stop()

    def abandon(self) -> None:
        """The same where no loop runs."""
        self.status = "stopped"
        self._starting = None
        self._end_trips()
        self._cluster.abandon()

    def _end_trips(self) -> None:
        for trip in list(self._admission.trips):
            if not trip.future.get_loop().is_closed():
                self._end(trip, LaneError(f"{trip.site.id}: the cluster lane has stopped"))
        self._admission.rest()

    def _bound(self) -> int:
        """How many calls may be away; none while there is nobody to run them."""
        cluster = self._cluster
        if not cluster.is_connected or not cluster.threads:
            return 0
        return self._runtime.settings.cluster_in_flight or PREFETCH * cluster.threads

    def _absence(self) -> str:
        return "The cluster had no worker" if self._cluster.is_connected else "The cluster was away"

    # Calls

    async def run(
        self,
        request: Request,
        site: CallSite,
        kind: CallKind,
        func: Callable[..., Any],
        args: tuple[Any, ...],
    ) -> Any:
        """Run `func(*args)` on a worker.

        Raises what it raised, with the worker's traceback as the cause; CannotTravel that names the parameter;
        WorkerLost; LaneError where the workers have other code; HTTPException 503 when the call waited too long;
        ClientGone when its client went away. Cancelled, it is cancelled on the cluster.
        """
        submitted_ns = perf_counter_ns()
        target, positional, named = framework.call_of(func, args)
        payload = travel.pack(site.id, target, positional, named)
        if self.status == "stopped":
            raise LaneError(f"{site.id}: the cluster lane has stopped")
        if self._starting is None or not self._starting.done():
            await self.start()  # a server without lifespan, or an offload in one
        trip = Trip(request, site, kind, payload, submitted_ns)
        trip.task = asyncio.get_running_loop().create_task(self._travel(trip, _module_of(target)))

        def leave() -> None:
            if trip.is_awaited and not trip.future.done():
                trip.route.withdrawn += 1
                self._end(trip, ClientGone())

        request.abandons += (leave,)
        self._admission.enter(trip)
        try:
            received = await trip.future
        except asyncio.CancelledError:
            self.cancelled += 1
            self._end(trip, None)
            raise
        finally:
            self._admission.leave(trip)
            request.abandons = tuple(other for other in request.abandons if other is not leave)
            request.stop_watching()
        outcome = travel.unpack(received)
        self._record(trip, outcome)
        if outcome.error is not None:
            raise outcome.error
        return outcome.value

    def _end(self, trip: Trip, error: BaseException | None) -> None:
        """A trip ends before it is done."""
        if trip.task is not None:
            trip.task.cancel()
        if error is not None and not trip.future.done():
            trip.future.set_exception(error)

    async def _travel(self, trip: Trip, module: str) -> None:
        try:
            outcome = await self._until_done(trip, module)
        except Exception as error:
            if not trip.future.done():
                trip.future.set_exception(error)
        else:
            if not trip.future.done():
                trip.future.set_result(outcome)

    async def _until_done(self, trip: Trip, module: str) -> bytes:
        digest = await self._skew.digest(module)
        while True:
            await self._admission.admit(trip)
            job = trip.job = Job(
                f"{trip.site.id}-{uuid.uuid4().hex}", trip.site.id, trip.payload, module, digest, code.versions()
            )
            trip.sent_ns = perf_counter_ns()
            try:
                report = await self._cluster.run(job)
            except NotBegun:
                if trip.refusal is not None:
                    raise trip.refusal from None
                await asyncio.sleep(PAUSE_S)
            except WorkerLost as error:
                self._lose(trip, str(error))
            else:
                return self._outcome(report, job)
            finally:
                trip.job = None
                self._admission.release(trip)

    def _lose(self, trip: Trip, reason: str) -> None:
        """Raise WorkerLost, unless the call may be made again."""
        trip.attempts += 1
        if trip.attempts <= trip.retries:
            self.retried += 1
            return
        self.lost += 1
        tried = f" (attempt {trip.attempts} of {trip.retries + 1})" if trip.retries else " (no retries)"
        loss = Loss(
            perf_counter_ns() / 1e9, self.lane, trip.route.name, trip.site.id, trip.request.id, f"{reason}{tried}"
        )
        self._runtime.lost(loss)
        raise WorkerLost(f"{trip.site.id}: {loss.reason}; it may have run")

    def _outcome(self, report: Report, job: Job) -> bytes:
        self._skew.tell_versions(report.worker, report.versions)
        if report.verdict is Verdict.DONE:
            return report.outcome
        raise refusal(report, job)

    async def _ask_back(self, trip: Trip) -> bool:
        return trip.job is not None and await self._cluster.withdraw(trip.job)

    # Looking

    def _record(self, trip: Trip, outcome: travel.Outcome) -> None:
        """Another machine's clock says only how long the call ran; of the rest, half is the way there."""
        request, now = trip.request, perf_counter_ns()
        try:
            run_ns = min(max(0, outcome.ended_ns - outcome.began_ns), now - trip.sent_ns)
            began = trip.sent_ns + (now - trip.sent_ns - run_ns) // 2
            ended = began + run_ns
            request.wait_ns += began - trip.submitted_ns
            request.run_ns += run_ns
            request.return_ns += now - ended
            times_ns = (trip.submitted_ns, began, ended, now)
            self._runtime.recorder.call_done(request, trip.site.id, trip.kind, self.lane, times_ns)
        except Exception as error:
            self._runtime.fault("recording a call", error)

    def snapshot(self) -> dict[str, Any]:
        """The cluster and the calls on their way, as they are now."""
        cluster, admission = self._cluster, self._admission
        return {
            "address": cluster.address,
            "status": self.status,
            "workers": cluster.workers,
            "threads": cluster.threads,
            "bound": self._bound(),
            "in_flight": admission.in_flight,
            "queued": admission.queued,
            "lost": self.lost,
            "retried": self.retried,
            "cancelled": self.cancelled,
            "reconnects": cluster.reconnects,
        }


def _cluster_of(runtime: Runtime) -> Cluster:
    from clearway.runtime.lanes.clusters.dask import DaskCluster

    settings = runtime.settings
    if settings.cluster is None:
        placed = runtime.planner.placed(Lane.CLUSTER)
        whose = f"{placed[0][0].route}: {placed[0][0].call} is meant for the cluster lane" if placed else "cluster lane"
        raise SettingsError(f"{whose}: {NO_ADDRESS}")
    return DaskCluster(settings.cluster, settings.processes or usable_cores())


def _module_of(target: Callable[..., Any]) -> str:
    while not hasattr(target, "__qualname__") and hasattr(target, "func"):
        target = target.func
    named = target if hasattr(target, "__qualname__") else type(target)
    return getattr(named, "__module__", None) or "builtins"
