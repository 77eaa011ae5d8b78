"""From the recorder to frames: what a page, a terminal or a recording is told, in bounded pieces.

A feed reads the ring from another thread than the one that writes it. What was overwritten before it came is counted.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from os import getpid
from platform import python_version
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any

from msgspec import structs

from clearway.frames import CallPart, Counts, Frame, Header, Pool, RequestPart, bucket_of
from clearway.model import CallKind, Lane

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clearway.runtime.install import Runtime
    from clearway.runtime.request import Request

KINDS, LANES = tuple(CallKind), tuple(Lane)
LONGEST_HERE = 200
"""Of the requests in flight, so many are told one by one: those that came first."""
TABLE_EVERY_US = 1_000_000


class Feed:
    """One reader's view of a runtime. Not for several threads at once."""

    def __init__(self, runtime: Runtime, app: str = "") -> None:
        self._runtime = runtime
        self._app = app
        self._origin_ns = perf_counter_ns()
        self._origin = time.time()
        self._read = runtime.recorder.ring.written
        self._stalls = runtime.recorder.stalled_count
        self._losses = runtime.recorder.lost
        self._routes_told = self._calls_told = 0
        self._table_us = -TABLE_EVERY_US

    def header(self) -> Header:
        """Who is speaking."""
        names = ("clearway", "fastapi", "starlette", "uvicorn")
        versions = {"python": python_version(), **{name: found for name in names if (found := _version(name))}}
        threshold_ms = self._runtime.settings.stall_threshold_ms
        return Header(getpid(), self._origin, self._app, versions, threshold_ms)

    def frame(self) -> Frame:
        """What happened since the last one."""
        runtime = self._runtime
        now_ns = perf_counter_ns()
        at_us = self._us(now_ns)
        requests, parts, counts, left_out, dropped = self._events()
        in_flight = sorted(runtime.in_flight(), key=lambda request: request.in_ns)
        here = [
            RequestPart(request.id, self._route_number(request.route.name), self._us(request.in_ns), 0)
            for request in in_flight[:LONGEST_HERE]
        ]
        table = None
        if at_us - self._table_us >= TABLE_EVERY_US:
            self._table_us = at_us
            table = runtime.snapshot()
        limiter = runtime.thread_lane.limiter
        frame = Frame(
            worker=getpid(),
            at_us=at_us,
            requests=requests,
            parts=parts,
            here=here,
            going=self._going(in_flight[:LONGEST_HERE]),
            in_flight=len(in_flight),
            counts=counts,
            stalls=self._new_stalls(),
            losses=self._new_losses(),
            pool=Pool(
                limiter.threads, limiter.workers, limiter.busy, limiter.queued, round(limiter.load, 3), limiter.budget
            ),
            loop_cpu=round(runtime.loop_cpu(), 3),
            left_out=left_out,
            dropped=dropped,
            table=table,
        )
        # Names last: what was numbered while the frame was made is among them.
        ring = runtime.recorder.ring
        routes, calls = ring.routes.since(self._routes_told), ring.calls.since(self._calls_told)
        self._routes_told += len(routes)
        self._calls_told += len(calls)
        return structs.replace(frame, routes=routes, calls=calls)

    def _events(self) -> tuple[list[RequestPart], list[CallPart], list[Counts], int, int]:
        ring = self._runtime.recorder.ring
        first, entries = ring.read(self._read)
        dropped = first - self._read
        self._read = first + len(entries)
        requests: list[RequestPart] = []
        parts: list[CallPart] = []
        totals: dict[int, list[int]] = {}
        buckets: dict[int, Counter[int]] = {}
        left_out = 0
        for entry in entries:
            if entry.is_request:
                in_ns, latency_ns = entry.times_ns[:2]
                total = totals.setdefault(entry.route, [0, 0, 0, 0])
                total[0] += 1
                total[1] = max(total[1], latency_ns)
                total[2] += latency_ns
                buckets.setdefault(entry.route, Counter())[bucket_of(latency_ns // 1000)] += 1
                part = RequestPart(entry.request, entry.route, self._us(in_ns), self._us(in_ns + latency_ns))
                if len(requests) < Frame.MOST:
                    requests.append(part)
                else:
                    left_out += 1
            elif entry.is_call:
                submitted, started, ended, returned = entry.times_ns
                totals.setdefault(entry.route, [0, 0, 0, 0])[3] += started - submitted
                if len(parts) < Frame.MOST:
                    times = (self._us(submitted), self._us(started), self._us(ended), self._us(returned))
                    parts.append(
                        CallPart(entry.request, entry.route, entry.call, entry.kind, entry.lane, entry.track, *times)
                    )
                else:
                    left_out += 1
        counts = [
            Counts(
                route,
                count,
                slowest // 1000,
                total // 1000,
                wait // 1000,
                sorted(buckets[route].items()) if route in buckets else [],
            )
            for route, (count, slowest, total, wait) in totals.items()
        ]
        return requests, parts, counts, left_out, dropped

    def _going(self, requests: Sequence[Request]) -> list[CallPart]:
        """Calls of the thread lane. The other lanes tell of a call when it is back."""
        number = self._runtime.recorder.ring.calls.number
        parts = []
        for request in requests:
            for work in request.works:
                started = work.started_ns
                if not work.ended_ns:
                    parts.append(
                        CallPart(
                            request.id,
                            self._route_number(request.route.name),
                            number(work.site.id),
                            KINDS.index(work.site.kind),
                            LANES.index(Lane.THREAD),
                            work.track if started else 0,
                            self._us(work.submitted_ns),
                            self._us(started) if started else 0,
                            0,
                            0,
                        )
                    )
        return parts

    def _new_stalls(self) -> list[dict[str, Any]]:
        recorder, seen = self._runtime.recorder, self._stalls
        self._stalls = recorder.stalled_count
        new = list(recorder.stalls)[-min(self._stalls - seen, len(recorder.stalls)) :] if self._stalls > seen else []
        return [{**asdict(stall), "started_s": stall.started_s - self._origin_ns / 1e9} for stall in new]

    def _new_losses(self) -> list[dict[str, Any]]:
        recorder, seen = self._runtime.recorder, self._losses
        self._losses = recorder.lost
        new = list(recorder.losses)[-min(self._losses - seen, len(recorder.losses)) :] if self._losses > seen else []
        return [{**asdict(loss), "at_s": loss.at_s - self._origin_ns / 1e9} for loss in new]

    def _route_number(self, name: str) -> int:
        return self._runtime.recorder.ring.routes.number(name)

    def _us(self, at_ns: int) -> int:
        return (at_ns - self._origin_ns) // 1000


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
