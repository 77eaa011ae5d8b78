"""From what the watchdog saw of a stall to the call, the route and the requests that waited."""

from __future__ import annotations

import heapq
import sys
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING

from clearway.model import Stall, Victim
from clearway.runtime.lanes.threads.worker import Work, Worker
from clearway.runtime.request import Request, RequestLayer
from clearway.runtime.stalls.allowance import Allowance

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import CodeType, FrameType

    from clearway.runtime.plan.planner import Planner
    from clearway.runtime.port import LoopPort
    from clearway.runtime.records.recorder import Recorder, RouteRecord
    from clearway.runtime.stalls import ObservedStall

VICTIMS = 100
"""How many victims a stall names; it counts all."""

_LAYER = RequestLayer.__call__.__code__
_WORKER = Worker.run_one.__code__


def find_request(frame: FrameType) -> Request | None:
    """The request that a frame serves, where the frame is one of Clearway's own that knows it."""
    if frame.f_code is _LAYER:
        request = frame.f_locals.get("request")
        return request if isinstance(request, Request) else None
    if frame.f_code is _WORKER:
        work = frame.f_locals.get("work")
        return work.request if isinstance(work, Work) else None
    return None


_allowance = Allowance(0.02)


def blame(planner: Planner, recorder: Recorder, port: LoopPort, observed: ObservedStall) -> Stall:
    """Name the call, the route and the victims of a stall. Call it on the loop, two turns after the stall ended.

    Where stalls come so fast that naming the victims of each would cost the loop more than its allowance, some
    have only a count: of all requests that were in flight.
    """
    request = observed.context if isinstance(observed.context, Request) else None
    is_granted = _allowance.grants()
    waits: list[tuple[int, int, RouteRecord, bool]] = []
    if is_granted:
        _allowance.begin()
        waits += _waits(recorder, port, observed, request)
        _allowance.end()
    worst = heapq.nlargest(VICTIMS, waits, key=itemgetter(0))
    return Stall(
        started_s=observed.started_s,
        duration_s=observed.duration_s,
        cause=observed.cause,
        route=request.route.name if request is not None else None,
        call=_call(planner, observed),
        culprit=observed.culprit,
        operation=observed.operation,
        stack=observed.stack,
        request=request.id if request is not None else 0,
        victims=tuple(Victim(id, route.name, waited / 1e9, arrived) for waited, id, route, arrived in worst),
        victim_count=len(waits) if is_granted else len(port.in_flight),
        starved_s=observed.starved_s,
    )


def _call(planner: Planner, observed: ObservedStall) -> str | None:
    """The id of the innermost call on the stack that the app is known to have, else of the outermost user code."""
    for code in reversed(observed.codes):
        site = planner.site_of_code(code)
        if site is not None:
            return site.id
    return f"{_module_of(observed.root)}:{observed.root.co_qualname}" if observed.root is not None else None


def _module_of(code: CodeType) -> str:
    for name, module in list(sys.modules.items()):
        if getattr(module, "__file__", None) == code.co_filename:
            return name
    return Path(code.co_filename).stem


def _waits(
    recorder: Recorder, port: LoopPort, observed: ObservedStall, culprit: Request | None
) -> Iterator[tuple[int, int, RouteRecord, bool]]:
    """(nanoseconds waited, request, route, arrived during the stall) of every request that waited."""
    begin = int(observed.started_s * 1e9)
    end = begin + int(observed.duration_s * 1e9)
    for request in port.in_flight:
        if request is not culprit:
            waited = _waited(request, begin, end)
            if waited > 0:
                yield waited, request.id, request.route, request.in_ns >= end
    for id, name, in_ns, latency in recorder.ring.latest_out():
        if in_ns + latency < end:
            return  # this one, and all before it, had left before the stall was over
        if culprit is None or id != culprit.id:
            arrived = in_ns >= end
            yield (end - begin if arrived else end - max(begin, in_ns)), id, recorder.routes[name], arrived


def _waited(request: Request, begin: int, end: int) -> int:
    """How long of the stall a request in flight waited for the loop, in nanoseconds."""
    if request.in_ns >= end:
        return end - begin  # its bytes came during the stall, nobody knows when
    since = max(begin, request.in_ns)
    if request.abandons:
        return 0  # its worker went on; whether the result came meanwhile, nobody knows
    if request.works:
        # Its own thread went on working: it waited only for the way back.
        ended = [work.ended_ns for work in request.works]
        if not all(ended):
            return 0
        since = max(since, *ended)
    return end - since
