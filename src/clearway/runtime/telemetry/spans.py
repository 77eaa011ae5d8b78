"""What Clearway adds to the span of a request: lane, waiting, running, and the stalls that it caused or waited for.

A stall is blamed two turns of the loop after it has ended, and the request that caused it has often left by then. So
a span that may be concerned stays open for these turns; its end is the time at which it was to end, and nothing waits
for it. Where that cannot be, a stall becomes a span of its own below the request's.
"""

from __future__ import annotations

from threading import get_ident
from time import perf_counter_ns, time_ns
from typing import TYPE_CHECKING, Any

from opentelemetry import trace

from clearway.model import Lane
from clearway.runtime import framework

if TYPE_CHECKING:
    from opentelemetry.trace import Span
    from opentelemetry.util.types import AttributeValue

    from clearway.model import Stall
    from clearway.runtime.install import Runtime
    from clearway.runtime.request import Request

    Attributes = dict[str, AttributeValue]

STALL = "clearway.stall"
TURNS = 5
"""Of the loop, until the stall before them has been told: three, and two for good measure."""
LEFT = 256
"""Requests that have left and can still be told of a stall."""


class Spans:
    """Of the requests of one app. On the loop's thread."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._tracer = trace.get_tracer_provider().get_tracer("clearway")
        self._of: dict[int, RequestSpan] = {}
        """By request."""
        self._left: dict[int, RequestSpan] = {}

    def begin(self, request: Request, span: Span) -> None:
        """A request is served under this span; a span further in is the better one."""
        try:
            known = self._of.get(request.id)
            if span.is_recording() and (known is None or known.span is not span):
                if known is not None:
                    known.release()
                self._of[request.id] = RequestSpan(request, span)
        except Exception as error:
            self._runtime.fault("looking at a span", error)

    def left(self, request: Request) -> None:
        """A request has left the app. Its span may have ended before, or end later."""
        known = self._of.pop(request.id, None)
        if known is not None:
            self._left[request.id] = known
            if len(self._left) > LEFT:
                self._left.pop(next(iter(self._left)), None)

    def stalled(self, stall: Stall) -> None:
        """Tell those whom it concerns."""
        caused = _described(stall)
        start_ns = time_ns() - perf_counter_ns() + int(stall.started_s * 1e9)
        self._tell(
            stall.request,
            {**caused, "clearway.stall.role": "culprit", "clearway.stall.victims": stall.victim_count},
            start_ns,
            stall,
        )
        for victim in stall.victims:
            waited: Attributes = {"clearway.stall.role": "victim", "clearway.stall.waited_ms": victim.waited_s * 1000}
            if stall.route is not None:
                waited["clearway.stall.route"] = stall.route
            self._tell(victim.request, {**caused, **waited}, start_ns, stall)

    def _tell(self, request: int, attributes: Attributes, start_ns: int, stall: Stall) -> None:
        known = self._of.get(request) or self._left.get(request)
        if known is None:
            return
        if known.span.is_recording():
            known.span.add_event(STALL, attributes, start_ns)
            return
        below = trace.set_span_in_context(known.span)
        span = self._tracer.start_span(STALL, below, attributes=attributes, start_time=start_ns)
        span.end(start_ns + int(stall.duration_s * 1e9))


class RequestSpan:
    """A span, and when it really ends."""

    def __init__(self, request: Request, span: Span) -> None:
        self.span = span
        self._request = request
        self._end: Any = span.end
        self._has_ended = False
        span.end = self.end  # type: ignore[method-assign]

    def release(self) -> None:
        """It is not the request's after all."""
        self.span.end = self._end  # type: ignore[method-assign]

    def end(self, end_time: int | None = None) -> None:
        """Stands in for the span's own."""
        if self._has_ended:
            return
        self._has_ended = True
        runtime = self._request.runtime
        try:
            self.span.set_attributes(_parts(self._request))
            if self._may_have_stalled():
                self._turn(TURNS, time_ns() if end_time is None else end_time)
                return
        except Exception as error:
            runtime.fault("describing a request on its span", error)
        self._end(end_time)

    def _may_have_stalled(self) -> bool:
        request = self._request
        port = request.port
        if port.watch is None or port.thread != get_ident() or not port.loop.is_running():
            return False
        quiet_ns = perf_counter_ns() - max(port.watch.turned_ns, request.in_ns)
        return port.untold > 0 or quiet_ns * 2e-6 > request.runtime.settings.stall_threshold_ms

    def _turn(self, turns: int, end_time: int) -> None:
        if turns:
            self._request.port.loop.call_soon(self._turn, turns - 1, end_time)
        else:
            self._end(end_time)


def _parts(request: Request) -> Attributes:
    parts: Attributes = {
        "clearway.wait_ms": request.wait_ns / 1e6,
        "clearway.run_ms": request.run_ns / 1e6,
        "clearway.return_wait_ms": request.return_ns / 1e6,
    }
    lane = _lane(request)
    if lane is not None:
        parts["clearway.lane"] = str(lane)
    if request.contained:
        parts["clearway.contained_ms"] = request.contained_ns / 1e6
    return parts


def _lane(request: Request) -> Lane | None:
    """That of the endpoint; None where no route has one."""
    endpoint = request.scope.get("endpoint")
    if endpoint is None:
        return None
    runtime = request.runtime
    if framework.runs_as_coroutine(endpoint):
        return Lane.THREAD if id(endpoint) in runtime.containment.threads else Lane.LOOP
    return runtime.planner.site_of(request.scope, endpoint)[0].lane


def _described(stall: Stall) -> Attributes:
    """Attributes of code are those of the semantic conventions."""
    told: Attributes = {
        "clearway.stall.cause": str(stall.cause),
        "clearway.stall.duration_ms": stall.duration_s * 1000,
    }
    if stall.operation is not None:
        told["clearway.stall.operation"] = stall.operation
    if (culprit := stall.culprit) is not None:
        told["code.file.path"] = culprit.file
        told["code.line.number"] = culprit.line
        told["code.function.name"] = culprit.function
    return told
