"""From the recorder to frames: what a page, a terminal or a recording is told, in bounded pieces.

A feed reads the ring from another thread than the one that writes it. What was overwritten before it came is counted.
"""

from __future__ import annotations

import heapq
import math
import time
from bisect import bisect_left
from collections import defaultdict
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from operator import attrgetter
from os import getpid
from platform import python_version
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from msgspec import structs

from clearway.frames import CallPart, Counts, Frame, Header, Pool, RequestPart, Waiting, bucket_of, bucket_top_us
from clearway.model import CallKind, Lane
from clearway.runtime.records import snapshot
from clearway.runtime.records.ring import CALL, OUT
from clearway.runtime.records.sample import Sample

if TYPE_CHECKING:
    from collections import deque
    from collections.abc import Iterable, Iterator, Sequence

    from clearway.runtime.install import Runtime
    from clearway.runtime.lanes.remote.flight import Flight
    from clearway.runtime.lanes.threads.worker import Work
    from clearway.runtime.records.ring import Packed
    from clearway.runtime.request import Request

T = TypeVar("T")

KINDS, LANES = tuple(CallKind), tuple(Lane)
THREAD = LANES.index(Lane.THREAD)
LONGEST_HERE = 200
"""Of the requests in flight, so many are told one by one: those that came first."""
MOST_UNWATCHED = 200
"""Requests, and calls, of a frame that nobody may ever see."""
TABLE_EVERY_US = 1_000_000
TABLE_EVERY_UNWATCHED_US = 5_000_000
LOOK_EVERY_US = 1_000_000
"""Looking where calls are costs up to a millisecond of the interpreter."""


class Feed:
    """One reader's view of a runtime. Not for several threads at once."""

    def __init__(self, runtime: Runtime, app: str = "") -> None:
        self._runtime = runtime
        self._app = app
        self._origin_ns = perf_counter_ns()
        self._origin = time.time()
        self._read = runtime.recorder.ring.written
        self._sample = Sample()
        self._last_stall = _last(runtime.recorder.stalls)
        self._last_loss = _last(runtime.recorder.losses)
        self._routes_told = self._calls_told = 0
        self._table_us = -TABLE_EVERY_UNWATCHED_US
        self._looked_us = -LOOK_EVERY_US
        self._refused = {name: route.refused for name, route in list(runtime.recorder.routes.items())}

    def header(self) -> Header:
        """Who is speaking."""
        names = ("clearway", "fastapi", "starlette", "uvicorn")
        versions = {"python": python_version(), **{name: found for name in names if (found := _version(name))}}
        threshold_ms = self._runtime.settings.stall_threshold_ms
        return Header(getpid(), self._origin, self._app, versions, threshold_ms)

    def frame(self, *, watched: bool = True) -> Frame:
        """What happened since the last one. Cheaper where nobody is watching, with fewer single requests."""
        runtime = self._runtime
        stalls, losses = self._new_stalls(), self._new_losses()
        now_ns = perf_counter_ns()
        at_us = self._us(now_ns)
        events = self._events(Frame.MOST if watched else MOST_UNWATCHED)
        in_flight = runtime.in_flight()
        longest = heapq.nsmallest(LONGEST_HERE, in_flight, key=attrgetter("in_ns"))
        limiter = runtime.thread_lane.limiter
        looks = at_us - self._looked_us >= LOOK_EVERY_US
        if looks:
            self._looked_us = at_us
        frame = Frame(
            worker=getpid(),
            at_us=at_us,
            requests=events.requests,
            parts=events.parts,
            here=[RequestPart(request.id, request.route.number, self._us(request.in_ns), 0) for request in longest],
            going=[part for request in longest for part in self._going(request)],
            in_flight=len(in_flight),
            counts=events.counts,
            stalls=stalls,
            losses=losses,
            pool=Pool(
                limiter.threads, limiter.workers, limiter.busy, limiter.queued, round(limiter.load, 3), limiter.budget
            ),
            loop_cpu=round(runtime.loop_cpu(), 3),
            overdue_us=runtime.overdue_ns() // 1000,
            waiting=self._waiting() if looks else None,
            refused=self._new_refusals() if looks else [],
            left_out=events.left_out,
            dropped=events.dropped,
            table=self._table(at_us, watched),
        )
        # Names last: what was numbered while the frame was made is among them.
        ring = runtime.recorder.ring
        routes, calls = ring.routes.since(self._routes_told), ring.calls.since(self._calls_told)
        self._routes_told += len(routes)
        self._calls_told += len(calls)
        return structs.replace(frame, routes=routes, calls=calls)

    def _table(self, at_us: int, watched: bool) -> dict[str, Any] | None:
        if at_us - self._table_us < (TABLE_EVERY_US if watched else TABLE_EVERY_UNWATCHED_US):
            return None
        self._table_us = at_us
        return snapshot.take(self._runtime, brief=True)

    def _waiting(self) -> list[Waiting]:
        return [
            Waiting(
                count=group.count,
                longest_us=group.longest_ns // 1000,
                file=place.file,
                line=place.line,
                function=place.function,
                lane=LANES.index(place.lane),
                route=place.route,
                operation=place.operation,
                through=place.through,
                computing=group.computing,
                holds_loop=place.holds_loop,
            )
            for place, group in self._runtime.waiting().items()
        ]

    def _new_refusals(self) -> list[tuple[int, int]]:
        new: list[tuple[int, int]] = []
        for name, route in list(self._runtime.recorder.routes.items()):
            before = self._refused.get(name, 0)
            if route.refused != before:
                new.append((route.number, route.refused - before))
                self._refused[name] = route.refused
        return new

    def _events(self, most: int) -> _Events:
        first, entries = self._runtime.recorder.ring.read(self._read)
        dropped = first - self._read
        self._read = first + len(entries)
        outs = [entry for entry in entries if entry[0] == OUT]
        calls = [entry for entry in entries if entry[0] == CALL]
        told_outs, told_calls = self._sample.choose(outs, calls, most)
        return _Events(
            [RequestPart(out[6], out[3], self._us(out[7]), self._us(out[7] + out[8])) for out in told_outs],
            [self._part(call) for call in told_calls],
            _counts(outs, calls),
            max(0, len(outs) + len(calls) - len(told_outs) - len(told_calls)),
            dropped,
        )

    def _part(self, entry: Packed) -> CallPart:
        _, kind, lane, route, call, track, request, submitted, started, ended, returned = entry
        origin = self._origin_ns
        return CallPart(
            request,
            route,
            call,
            kind,
            lane,
            track,
            (submitted - origin) // 1000,
            (started - origin) // 1000,
            (ended - origin) // 1000,
            (returned - origin) // 1000,
        )

    def _going(self, request: Request) -> Iterator[CallPart]:
        """Calls that wait or run. One on the loop has no time to be seen: while it runs, `overdue_us` grows."""
        for work in request.works:
            if not work.ended_ns:
                yield self._call_going(request, work, work.site.kind, THREAD, work.track)
        for flight in request.flights:
            lane = LANES.index(flight.lane)
            yield self._call_going(request, flight, flight.kind, lane, flight.track)

    def _call_going(self, request: Request, call: Work | Flight, kind: CallKind, lane: int, track: int) -> CallPart:
        started = call.started_ns
        number = self._runtime.recorder.ring.calls.number(call.site.id)
        return CallPart(
            request.id,
            request.route.number,
            number,
            KINDS.index(kind),
            lane,
            track if started else 0,
            self._us(call.submitted_ns),
            self._us(started) if started else 0,
            0,
            0,
        )

    def _new_stalls(self) -> list[dict[str, Any]]:
        new = _after(self._runtime.recorder.stalls, self._last_stall)
        if not new:
            return []
        self._last_stall = new[-1]
        for stall in new:
            self._sample.mark((stall.request, *(victim.request for victim in stall.victims)))
        return [{**asdict(stall), "started_s": stall.started_s - self._origin_ns / 1e9} for stall in new]

    def _new_losses(self) -> list[dict[str, Any]]:
        new = _after(self._runtime.recorder.losses, self._last_loss)
        if not new:
            return []
        self._last_loss = new[-1]
        return [{**asdict(loss), "at_s": loss.at_s - self._origin_ns / 1e9} for loss in new]

    def _us(self, at_ns: int) -> int:
        return (at_ns - self._origin_ns) // 1000


class _Events(NamedTuple):
    """A frame's part of what the ring has held."""

    requests: list[RequestPart]
    parts: list[CallPart]
    counts: list[Counts]
    left_out: int
    dropped: int


def _counts(outs: Iterable[Packed], calls: Iterable[Packed]) -> list[Counts]:
    """By route. Written for thousands of entries, which the interpreter shares with the app."""
    waits: defaultdict[int, int] = defaultdict(int)
    for call in calls:
        waits[call[3]] += call[8] - call[7]
    latencies: defaultdict[int, list[int]] = defaultdict(list)
    for out in outs:
        latencies[out[3]].append(out[8])
    return [
        _counts_of(route, sorted(latencies.get(route, ())), waits.get(route, 0) // 1000)
        for route in {**waits, **latencies}
    ]


def _counts_of(route: int, latencies: list[int], wait_us: int) -> Counts:
    """Of latencies in nanoseconds, in order."""
    buckets: list[tuple[int, int]] = []
    begin = 0
    while begin < len(latencies):
        bucket = bucket_of(latencies[begin] // 1000)
        end = bisect_left(latencies, (math.floor(bucket_top_us(bucket)) + 1) * 1000, begin + 1)
        buckets.append((bucket, end - begin))
        begin = end
    slowest_us = latencies[-1] // 1000 if latencies else 0
    return Counts(route, len(latencies), slowest_us, sum(latencies) // 1000, wait_us, buckets)


def _last(items: Sequence[T] | deque[T]) -> T | None:
    return items[-1] if items else None


def _after(items: Iterable[T], last: T | None) -> list[T]:
    """Those that came after this one; all, where it is no longer held."""
    new: list[T] = []
    for item in reversed(list(items)):
        if item is last:
            break
        new.append(item)
    return new[::-1]


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
