"""Installing Clearway on an app, and the runtime that this makes."""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from pathlib import Path
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette

from clearway.model import CallKind, ClearwayError, Lane, LaneError, Loss, Plan, Stall
from clearway.runtime import framework, hooks
from clearway.runtime.blame import blame
from clearway.runtime.containment.contained import Containment
from clearway.runtime.containment.families import listed
from clearway.runtime.lanes.loop import LoopLane
from clearway.runtime.lanes.thread import ThreadLane
from clearway.runtime.plan.planner import Planner, PlanRow
from clearway.runtime.ports import Ports
from clearway.runtime.records import snapshot
from clearway.runtime.records.loss_report import LossReport
from clearway.runtime.records.recorder import Recorder
from clearway.runtime.records.stall_report import StallReport
from clearway.runtime.request import Request, RequestLayer
from clearway.runtime.waiting import look
from clearway.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    from starlette.types import ASGIApp

    from clearway.runtime.lanes import RemoteLane
    from clearway.runtime.port import LoopPort
    from clearway.runtime.stalls import ObservedStall
    from clearway.runtime.telemetry import Telemetry
    from clearway.runtime.waiting import Place, Waiting

logger = logging.getLogger("clearway")
REMOTE_LANES = (Lane.PROCESS, Lane.CLUSTER)
_ATTRIBUTE = "_clearway_runtime"

installed: list[Runtime] = []
"""The runtimes of all apps that have Clearway."""


class Runtime:
    """Clearway at work in one app."""

    def __init__(self, app: Starlette, settings: Settings, plan: Plan) -> None:
        self.app = app
        self.settings = settings
        self.started_s = time.monotonic()
        self.recorder = Recorder(settings.events)
        self.planner = Planner(app, settings, plan)
        self.thread_lane = ThreadLane(self.recorder, settings.threads, settings.max_wait_s)
        self.loop_lane = LoopLane(self.recorder)
        self.remote_lanes: dict[Lane, RemoteLane] = {}
        """The process and the cluster lane, once something is planned for them."""
        self.stall_report = StallReport(logger.warning, lambda stall: self.containment.hint(stall))
        self.loss_report = LossReport(lambda line: self.stall_report.say(line))
        self.on_stall: list[Callable[[Stall], None]] = []
        """Called with each stall after it ended, on the loop's thread."""
        self.faults = 0
        """How often Clearway itself failed and a call took FastAPI's own way."""
        self._fault_kinds: set[str] = set()
        self.ports = Ports(self)
        self.ports_by_thread = self.ports.by_thread
        """Looked up with each request."""
        self.containment = Containment(app, self.planner, settings, plan, lambda line: self.stall_report.say(line))
        self.telemetry = make_telemetry(self) if settings.telemetry else None
        self._attach()
        self._apply_limits()

    # Installing

    def _attach(self) -> None:
        app = self.app
        self._original_build = app.build_middleware_stack
        setattr(app, _ATTRIBUTE, self)

        def build() -> ASGIApp:
            return self._layer(self._original_build())

        app.build_middleware_stack = build  # type: ignore[method-assign]
        if app.middleware_stack is not None:
            app.middleware_stack = self._layer(app.middleware_stack)
        hooks.hold()
        installed.append(self)

    def _layer(self, app: ASGIApp) -> RequestLayer:
        layer = RequestLayer(app if self.telemetry is None else self.telemetry.layer(app), self)
        self.containment.attach(layer)
        return layer

    def uninstall(self) -> None:
        """Give the app back as it was. Requests in flight end as they began."""
        app = self.app
        if app.__dict__.get(_ATTRIBUTE) is not self:
            return
        delattr(app, _ATTRIBUTE)
        self.containment.switch_off()
        del app.build_middleware_stack
        if isinstance(app.middleware_stack, RequestLayer):
            app.middleware_stack = app.middleware_stack.app
        if self.telemetry is not None:
            app.middleware_stack = self.telemetry.close(app.middleware_stack)
        hooks.release()
        installed.remove(self)
        for lane in self.remote_lanes.values():
            lane.abandon()
        self.ports.close()

    def _apply_limits(self) -> None:
        for name, limits in self.settings.routes.items():
            route = self.recorder.named(name, matched=True)
            route.limit = limits.limit
            if limits.share is not None:
                route.share = max(1, round(limits.share * self.settings.threads))
                self.thread_lane.limiter.guarantee(route)

    def check(self) -> None:
        """Raise SettingsError or PlanError where a pin, a limit or the plan names what the app does not have,
        or sends to another process what cannot travel."""
        self.planner.check()
        self.containment.place()
        listed.check(self.settings.cooperative)
        for lane in REMOTE_LANES:
            placed = self.planner.placed(lane)
            if placed:
                self.remote_lane(lane).check([row for row, _ in placed], [target for _, target in placed])

    def remote_lane(self, lane: Lane) -> RemoteLane:
        """The process or the cluster lane, made when it is first asked for. Raises SettingsError, LaneError."""
        known = self.remote_lanes.get(lane)
        if known is None:
            known = self.remote_lanes[lane] = make_remote_lane(lane, self)
        return known

    async def start_lanes(self) -> None:
        """Before the app starts up: make the lanes ready that the plan sends calls to. Raises LaneError."""
        for lane in REMOTE_LANES:
            # A cluster that is named may be meant for `offload` alone: whether it is there is told at the start.
            named = lane is Lane.CLUSTER and self.settings.cluster is not None
            if named or lane in self.remote_lanes or self.planner.placed(lane):
                await self.remote_lane(lane).start()

    async def stop_lanes(self) -> None:
        """After the app has shut down."""
        for lane in list(self.remote_lanes.values()):
            try:
                await lane.stop()
            except Exception as error:
                self.fault(f"stopping the {lane.lane} lane", error)

    # Serving

    def dispatch(self, request: Request, func: Callable[..., Any], args: tuple[Any, ...]) -> Coroutine[Any, Any, Any]:
        """The lane's run of what the framework wants to hand to a thread."""
        try:
            site, kind = self.planner.site_of(request.scope, func)
            if request.in_background and kind is CallKind.OFFLOAD:
                kind = CallKind.BACKGROUND_TASK
            lane = self._lane(request, site.lane, kind)
            if lane is Lane.LOOP:
                return self.loop_lane.run(request, site, kind, func, args)
            if lane in REMOTE_LANES:
                return self.remote_lane(lane).run(request, site, kind, func, args)
            return self.thread_lane.run(request, site, kind, func, args)
        except Exception as error:
            self.fault("dispatch", error)
            return hooks.original_run_sync(func, *args)

    def _lane(self, request: Request, lane: Lane, kind: CallKind) -> Lane:
        if kind is CallKind.ENDPOINT:
            request.endpoint_lane = near(lane)
        elif kind is CallKind.VALIDATION:
            return request.endpoint_lane or Lane.THREAD
        elif kind is CallKind.STREAM:
            return self._lane_of_stream(request)
        return lane

    def _lane_of_stream(self, request: Request) -> Lane:
        if request.endpoint_lane is None:
            endpoint = request.scope.get("endpoint")
            lane = Lane.THREAD
            if endpoint is not None and not framework.runs_as_coroutine(endpoint):
                lane = self.planner.site_of(request.scope, endpoint)[0].lane
            request.endpoint_lane = near(lane)
        return request.endpoint_lane

    def stalled(self, port: LoopPort, observed: ObservedStall) -> None:
        """A loop stood still, two turns ago: name who is to blame, tell it, and learn from it."""
        try:
            stall = blame(self.planner, self.recorder, port, observed)
            self.recorder.stalled(stall)
        except Exception as error:
            self.fault("blame", error)
            return
        self.stall_report(stall)
        try:
            self.containment.learn(stall)
        except Exception as error:
            self.fault("containing what stalled", error)
        for listener in list(self.on_stall):
            try:
                listener(stall)
            except Exception as error:
                self.on_stall.remove(listener)
                self.fault("a stall listener, which is switched off", error)

    def fault(self, where: str, error: BaseException) -> None:
        """Clearway itself went wrong: count it, say so once of each kind, let the request go on."""
        self.faults += 1
        kind = f"{where}: {type(error).__name__}: {error}"
        if kind not in self._fault_kinds and len(self._fault_kinds) < 32:
            self._fault_kinds.add(kind)
            logger.error("Clearway failed in %s; the call takes FastAPI's own way", kind, exc_info=error)

    def lost(self, loss: Loss) -> None:
        """A call has been lost with the worker that ran it."""
        self.recorder.call_lost(loss)
        self.loss_report(loss)

    def tell_lane_error(self, request: Request, error: LaneError) -> None:
        """A call could not be sent to its lane, and nobody in the app has taken care of it."""
        logger.error("%s: %s", request.route.name, error)

    # Looking

    def in_flight(self) -> list[Request]:
        """The requests being served now, on all loops."""
        return [request for port in self.ports.open_now() for request in list(port.in_flight)]

    def loop_cpu(self) -> float:
        """The part of a processor that the loops' threads used when the watchdog last looked, added up."""
        return sum(port.cpu for port in self.ports.open_now())

    def overdue_ns(self) -> int:
        """How long the loop has not turned, where it is overdue; the longest of several."""
        now_ns = perf_counter_ns()
        watches = [port.watch for port in self.ports.open_now()]
        return max((watch.overdue_ns(now_ns) for watch in watches if watch is not None), default=0)

    def waiting(self) -> dict[Place, Waiting]:
        """Where the calls that take long are just now."""
        return look(self)

    def plan_table(self) -> list[PlanRow]:
        """For each route its endpoint and its dependencies, with lane and reason."""
        return list(self.planner.rows())

    def snapshot(self) -> dict[str, Any]:
        """Routes, lanes, latencies, stalls, threads and limits now, as values that JSON can carry."""
        return snapshot.take(self)


def near(lane: Lane) -> Lane:
    """Where the rest of a call runs that itself runs in this lane: a response is validated and streamed from here."""
    return Lane.THREAD if lane in REMOTE_LANES else lane


def make_telemetry(runtime: Runtime) -> Telemetry:
    """Imported here: most apps have no OpenTelemetry, or want none."""
    from clearway.runtime.telemetry import Telemetry

    return Telemetry(runtime)


def make_remote_lane(lane: Lane, runtime: Runtime) -> RemoteLane:
    """Imported here: most apps need neither."""
    if lane is Lane.PROCESS:
        from clearway.runtime.lanes.process import ProcessLane

        return ProcessLane(runtime)
    from clearway.runtime.lanes.cluster import ClusterLane

    return ClusterLane(runtime)


def install(
    app: Any,
    *,
    settings: Settings | None = None,
    plan: Plan | None = None,
    contain: bool | Sequence[str] | None = None,
    telemetry: bool | None = None,
) -> Runtime:
    """Put every call of a FastAPI or Starlette app into its lane, under any ASGI server.

    Without `settings` they are read from the nearest `clearway.toml` or `pyproject.toml`. `contain` stands for the
    setting of that name: true, or the routes and calls to contain; so does `telemetry`, which tells OpenTelemetry.
    Installing twice is installing once.
    Raises ClearwayError where `app` is neither FastAPI's nor Starlette's.
    """
    if not isinstance(app, Starlette):
        raise ClearwayError(f"cannot install on {type(app).__name__}: expected a FastAPI or Starlette app")
    known = app.__dict__.get(_ATTRIBUTE)
    if isinstance(known, Runtime):
        return known
    if settings is None:
        settings = Settings.load(Path.cwd())
    if contain is not None:
        settings = replace(settings, contain=contain if isinstance(contain, bool) else tuple(contain))
    if telemetry is not None:
        settings = replace(settings, telemetry=telemetry)
    return Runtime(app, settings, plan or Plan())
