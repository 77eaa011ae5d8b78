"""OpenTelemetry's metrics of a runtime: read when a reader asks, but for times, which are recorded as they come."""

from __future__ import annotations

from typing import TYPE_CHECKING

from opentelemetry import metrics
from opentelemetry.metrics import Observation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from opentelemetry.metrics import CallbackOptions
    from opentelemetry.util.types import AttributeValue

    from clearway.model import Stall
    from clearway.runtime.install import Runtime
    from clearway.runtime.records.recorder import RouteRecord
    from clearway.runtime.request import Request

    Read = Callable[[Runtime], Iterable[Observation]]

MOST_ROUTES = 500
"""Further ones are counted together."""
OTHER = "(other)"
METHODS = frozenset({"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE"})


class Instruments:
    """Those of one app."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime: Runtime | None = runtime
        self._meter = meter = metrics.get_meter_provider().get_meter("clearway")
        self._observe()
        self._wait = meter.create_histogram(
            "clearway.request.wait.duration", "s", "What a request's calls waited for a lane."
        )
        self._run = meter.create_histogram(
            "clearway.request.run.duration", "s", "What a request's calls ran, in their lanes."
        )
        self._stall = meter.create_histogram("clearway.stall.duration", "s", "How long the loop stood still.")
        self._victims = meter.create_counter(
            "clearway.stall.victims", "{request}", "Requests that waited while the loop stood still."
        )

    def close(self) -> None:
        """An instrument cannot be taken back: it tells nothing any more."""
        self._runtime = None

    def done(self, request: Request) -> None:
        """A request has left the app."""
        runtime = self._runtime
        if runtime is None:
            return
        try:
            route = self._attributes(request.route)
            self._wait.record(request.wait_ns / 1e9, route)
            self._run.record(request.run_ns / 1e9, route)
        except Exception as error:
            runtime.fault("recording a request's times for OpenTelemetry", error)

    def stalled(self, stall: Stall) -> None:
        """A stall has been blamed."""
        runtime = self._runtime
        if runtime is None:
            return
        attributes: dict[str, AttributeValue] = {"clearway.stall.cause": str(stall.cause)}
        if stall.route is not None:
            attributes.update(self._attributes(runtime.recorder.named(stall.route, matched=True)))
        self._stall.record(stall.duration_s, attributes)
        self._victims.add(stall.victim_count, attributes)

    @staticmethod
    def _attributes(route: RouteRecord) -> dict[str, AttributeValue]:
        return _of_route(route.name if route.number < MOST_ROUTES else OTHER)

    def _observe(self) -> None:
        counter, level = self._meter.create_observable_counter, self._meter.create_observable_up_down_counter
        counter("clearway.requests", [self._reader(_routes("requests"))], "{request}", "Requests that have ended.")
        counter("clearway.calls.refused", [self._reader(_routes("refused"))], "{call}", "Calls answered with 503.")
        counter(
            "clearway.calls.withdrawn",
            [self._reader(_routes("withdrawn"))],
            "{call}",
            "Calls that left the queue, because their client had gone.",
        )
        counter(
            "clearway.calls.lost",
            [self._reader(_one(lambda runtime: runtime.recorder.lost))],
            "{call}",
            "Calls lost with the worker that ran them.",
        )
        counter(
            "clearway.faults",
            [self._reader(_one(lambda runtime: runtime.faults))],
            "{fault}",
            "How often Clearway itself failed.",
        )
        level(
            "clearway.requests.active",
            [self._reader(_one(lambda runtime: len(runtime.in_flight())))],
            "{request}",
            "Requests being served now.",
        )
        level("clearway.thread.count", [self._reader(_threads)], "{thread}", "Threads of the thread lane.")
        level(
            "clearway.thread.limit",
            [self._reader(_one(lambda runtime: runtime.thread_lane.limiter.threads))],
            "{thread}",
            "Upper bound of the thread lane.",
        )
        level(
            "clearway.queue.length",
            [self._reader(_one(lambda runtime: runtime.thread_lane.limiter.queued))],
            "{call}",
            "Calls that wait for a thread.",
        )
        self._meter.create_observable_gauge(
            "clearway.loop.cpu.utilization",
            [self._reader(_one(lambda runtime: runtime.loop_cpu()))],
            "1",
            "Part of a processor that the loop's thread uses.",
        )

    def _reader(self, read: Read) -> Callable[[CallbackOptions], Iterable[Observation]]:
        def observe(options: CallbackOptions) -> Iterable[Observation]:
            runtime = self._runtime
            return () if runtime is None else read(runtime)

        return observe


def _one(read: Callable[[Runtime], float]) -> Read:
    return lambda runtime: (Observation(read(runtime)),)


def _routes(what: str) -> Read:
    def read(runtime: Runtime) -> Iterator[Observation]:
        others = 0
        for record in list(runtime.recorder.routes.values()):
            if record.number < MOST_ROUTES:
                yield Observation(getattr(record, what), _of_route(record.name))
            else:
                others += getattr(record, what)
        if others:
            yield Observation(others, _of_route(OTHER))

    return read


def _threads(runtime: Runtime) -> Iterator[Observation]:
    limiter = runtime.thread_lane.limiter
    busy, live = limiter.busy, limiter.workers
    yield Observation(busy, {"clearway.thread.state": "busy"})
    yield Observation(max(0, live - busy), {"clearway.thread.state": "idle"})


def _of_route(name: str) -> dict[str, AttributeValue]:
    """`GET /items/{id}` as the semantic conventions have it."""
    method, space, path = name.partition(" ")
    if space and method in METHODS:
        return {"http.request.method": method, "http.route": path}
    return {"http.route": name}
