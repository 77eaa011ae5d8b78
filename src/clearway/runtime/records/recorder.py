"""What happened: the ring of events, and for each route its counts and latest latencies.

Only a loop's own thread writes for its requests, so there is no lock, and nothing here can block a request.
"""

from __future__ import annotations

import struct
from collections import deque
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any

from clearway.runtime import framework
from clearway.runtime.records.ring import Ring

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.types import Scope

    from clearway.model import CallKind, Event, Lane, Loss, Stall
    from clearway.runtime.request import Request

LATEST = 1024
"""How many of a route's latest requests its percentiles are taken from."""
_PARTS = struct.Struct("=QQQQ")
UNMATCHED = "(no route)"
ROUTES = 16_384
"""How many routed places are remembered; a proxy may invent path prefixes."""


class RouteRecord:
    """What is known of one route. Times in nanoseconds."""

    __slots__ = (
        "contained",
        "contained_ns",
        "limit",
        "matched",
        "name",
        "number",
        "parts",
        "queued_away",
        "refused",
        "requests",
        "running",
        "share",
        "withdrawn",
    )

    def __init__(self, name: str, number: int, matched: bool) -> None:
        self.name = name
        self.number = number
        self.matched = matched
        self.requests = 0
        self.refused = 0
        """Calls answered with 503 because they waited longer than the limit."""
        self.withdrawn = 0
        """Calls taken out of the queue because their client had gone."""
        self.contained = 0
        """How often its contained calls have waited for a blocking operation while the loop turned."""
        self.contained_ns = 0
        self.running = 0
        """Calls of this route in the thread lane now; the limiter counts them."""
        self.queued_away = 0
        """Calls of this route that wait for a worker of the process lane or of the cluster."""
        self.limit: int | None = None
        self.share = 0
        """Threads that other routes must leave to this one."""
        self.parts = bytearray(LATEST * _PARTS.size)
        """Of the latest requests: latency, wait, run and return wait of each."""

    def latest(self) -> list[tuple[int, int, int, int]]:
        """(latency, wait, run, return wait) of the latest requests, in no order."""
        return list(_PARTS.iter_unpack(bytes(self.parts[: min(self.requests, LATEST) * _PARTS.size])))


class Recorder:
    """Bounded, never blocks, never raises into a request; counts what it drops."""

    def __init__(self, capacity: int) -> None:
        self.ring = Ring(capacity)
        self.routes: dict[str, RouteRecord] = {}
        self.stalls: deque[Stall] = deque(maxlen=256)
        self.losses: deque[Loss] = deque(maxlen=256)
        self.lost = 0
        """Calls lost with their worker since the start."""
        self._by_route_object: dict[tuple[int, str | None, str | None], tuple[Any, RouteRecord]] = {}

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
            record = self.routes[name] = RouteRecord(name, self.ring.routes.number(name), matched)
        return record

    def request_done(self, request: Request) -> None:
        """A request has left the app."""
        in_ns = request.in_ns
        latency_ns = (request.out_ns or perf_counter_ns()) - in_ns
        route = request.known_route or self.route_of(request.scope)
        _PARTS.pack_into(
            route.parts,
            route.requests % LATEST * _PARTS.size,
            latency_ns,
            request.wait_ns,
            request.run_ns,
            request.return_ns,
        )
        route.requests += 1
        if request.contained:
            route.contained += request.contained
            route.contained_ns += request.contained_ns
        self.ring.put_out(route.number, request.id, in_ns, latency_ns)

    def call_done(
        self, request: Request, call: str, kind: CallKind, lane: Lane, times_ns: tuple[int, int, int, int]
    ) -> None:
        """A call has run and its result is back. Its times: submitted, started, ended, returned."""
        self.ring.put_call(request.route.number, request.id, self.ring.calls.number(call), kind, lane, times_ns)

    def stalled(self, stall: Stall) -> None:
        """A stall has ended."""
        self.stalls.append(stall)
        self.ring.put_stall(stall)

    def call_lost(self, loss: Loss) -> None:
        """The worker that ran a call has gone, and the call with it."""
        self.losses.append(loss)
        self.lost += 1

    def events(self) -> Iterator[Event]:
        """The events that the ring still holds, oldest entry first."""
        return self.ring.events()
