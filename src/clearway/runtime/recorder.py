"""What happened: a bounded ring of events, and for each route its counts and latest latencies.

The hot path appends tuples of numbers and strings, which the garbage collector need not look at again; `Event`
objects are made when somebody reads. Only a loop's own thread writes
for its requests, and a deque's append is atomic, so there is no lock and nothing here can block a request.
"""

from __future__ import annotations

from collections import deque
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any

from clearway.model import CallKind, Event, EventType, Lane, Stall
from clearway.runtime import framework

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.types import Scope

    from clearway.runtime.request import Request

LATEST = 1024
"""How many of a route's latest requests its percentiles are taken from."""
UNMATCHED = "(no route)"
OUT, CALL, STALL = range(3)
"""What an entry of the ring is."""
ROUTES = 16_384
"""How many routed places are remembered; a proxy may invent path prefixes."""


class RouteRecord:
    """What is known of one route. Times in nanoseconds."""

    __slots__ = (
        "in_flight",
        "latest",
        "limit",
        "matched",
        "name",
        "refused",
        "requests",
        "running",
        "share",
        "withdrawn",
    )

    def __init__(self, name: str, matched: bool) -> None:
        self.name = name
        self.matched = matched
        self.requests = 0
        self.in_flight = 0
        self.refused = 0
        """Calls answered with 503 because they waited longer than the limit."""
        self.withdrawn = 0
        """Calls taken out of the queue because their client had gone."""
        self.running = 0
        """Calls of this route in the thread lane now; the limiter counts them."""
        self.limit: int | None = None
        self.share = 0
        """Threads that other routes must leave to this one."""
        self.latest: deque[tuple[int, int, int, int]] = deque(maxlen=LATEST)
        """(latency, wait, run, return wait) of the latest requests."""


class Recorder:
    """Bounded, never blocks, never raises into a request; counts what it drops."""

    def __init__(self, capacity: int) -> None:
        self.ring: deque[tuple[Any, ...]] = deque(maxlen=capacity)
        self.appended = 0
        self.routes: dict[str, RouteRecord] = {}
        self.stalls: deque[Stall] = deque(maxlen=256)
        self._by_route_object: dict[tuple[int, str | None, str | None], tuple[Any, RouteRecord]] = {}

    @property
    def dropped(self) -> int:
        """Entries that newer ones have pushed out of the ring."""
        return self.appended - len(self.ring)

    def route_of(self, scope: Scope) -> RouteRecord:
        """The record of the route that a scope was routed to."""
        route = framework.routed_to(scope)
        key = (id(route), scope.get("method"), scope.get("root_path"))
        known = self._by_route_object.get(key)
        if known is not None:
            return known[1]
        name = framework.route_name(scope)
        if name is None or (len(self.routes) >= ROUTES and name not in self.routes):
            return self.named(UNMATCHED, matched=False)
        record = self.named(name, matched=True)
        if len(self._by_route_object) >= ROUTES:
            self._by_route_object.clear()
        self._by_route_object[key] = (route, record)  # holds the route, so that its id is not used again
        return record

    def named(self, name: str, *, matched: bool) -> RouteRecord:
        """The record with this name, made when it is new."""
        record = self.routes.get(name)
        if record is None:
            record = self.routes[name] = RouteRecord(name, matched)
        return record

    def request_done(self, request: Request) -> None:
        """A request has left the app."""
        out_ns = request.out_ns or perf_counter_ns()
        route = request.route
        in_ns = request.in_ns
        latency = out_ns - in_ns
        route.requests += 1
        route.latest.append((latency, request.wait_ns, request.run_ns, request.return_ns))
        self.appended += 1
        self.ring.append((OUT, request.id, route.name, in_ns, latency))

    def call_done(
        self,
        request: Request,
        call: str,
        kind: CallKind,
        lane: Lane,
        submitted_ns: int,
        started_ns: int,
        ended_ns: int,
        returned_ns: int,
    ) -> None:
        """A call has run and its result is back."""
        self.appended += 1
        self.ring.append(
            (
                CALL,
                request.id,
                request.route.name,
                call,
                kind._value_,
                lane._value_,
                submitted_ns,
                started_ns,
                ended_ns,
                returned_ns,
            )
        )

    def stalled(self, stall: Stall) -> None:
        """A stall has ended."""
        self.stalls.append(stall)
        self.appended += 1
        self.ring.append((STALL, stall))

    def events(self) -> Iterator[Event]:
        """The events that the ring still holds, oldest entry first."""
        for entry in list(self.ring):
            if entry[0] == OUT:
                _, request, route, in_ns, latency = entry
                yield Event(EventType.REQUEST, in_ns / 1e9, 0.0, request, route)
                yield Event(EventType.OUT, (in_ns + latency) / 1e9, 0.0, request, route)
            elif entry[0] == CALL:
                _, request, route, call, kind, lane, submitted, started, ended, returned = entry
                for type_, begin, end in (
                    (EventType.WAIT, submitted, started),
                    (EventType.RUN, started, ended),
                    (EventType.RETURN, ended, returned),
                ):
                    yield Event(
                        type_, begin / 1e9, (end - begin) / 1e9, request, route, call, CallKind(kind), Lane(lane)
                    )
            else:
                stall: Stall = entry[1]
                yield Event(
                    EventType.STALL,
                    stall.started_s,
                    stall.duration_s,
                    stall.request,
                    stall.route or "",
                    stall.call,
                )
