"""A recording as Chrome's trace event JSON, which Perfetto and chrome://tracing open.

Workers are processes; their loop, threads, worker processes and cluster slots are threads. Events of one thread have to
nest: so what runs in a thread or process is a complete event there, as stalls are on the loop, while requests, which
overlap on the loop, and their calls' waits are async events. A flow arrow leads from each stall to those that waited.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from clearway.frames import Frame, Header
from clearway.model import CallKind, Lane

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import BinaryIO

    from clearway.frames import CallPart, RequestPart

    Event = dict[str, Any]

MOST_ARROWS = 20
"""Victims of a stall that get an arrow: the longest waits. All that are known stand in its arguments."""
RED = "terrible"
"""One of the viewer's reserved colours."""
_LANES = tuple(Lane)
_KINDS = tuple(CallKind)
_VICTIMS = 1
"""The place of the track of those that waited: below the loop, which has 0."""
_LANE_TRACKS = 100_000
"""The first place of each lane's tracks is a multiple of it."""
_FIRST_TID = 2_000_000_000
"""Above what processes have, whose loops are threads of the same number, as main threads are. Perfetto names threads
by their number alone, so no two processes may share one."""
_ANOTHER_LIFE = 10_000_000
"""Added to the id of a process whose id was used before; above what systems give."""
_encoder = msgspec.json.Encoder()


def write_trace(items: Iterable[Header | Frame], out: BinaryIO) -> None:
    """Write a recording's items as a trace. Raises FrameError as the items do, OSError as the file does."""
    out.writelines(trace_pieces(items))


def trace_pieces(items: Iterable[Header | Frame]) -> Iterator[bytes]:
    """The same bit by bit: a piece for each item, so that a long recording needs no memory."""
    yield b'{"otherData":{"from":"clearway"},"traceEvents":['
    trace = _Trace()
    comma = b"\n"
    for item in items:
        if events := trace.of(item):
            yield comma + _joined(events)
            comma = b",\n"
    if events := trace.rest():
        yield comma + _joined(events)
    yield b"\n]}\n"


def _joined(events: list[Event]) -> bytes:
    return _encoder.encode(events)[1:-1]


@dataclass
class _Worker:
    """What is known of a worker: its process in the trace."""

    header: Header
    pid: int
    offset_us: int
    """From the worker's times to those of the trace, which count from the epoch: then all workers' are one clock."""
    routes: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    tracks: dict[int, int] = field(default_factory=dict)
    """By place, the track's number as a thread."""
    stalled_until_us: int = 0
    latest: Frame | None = None
    left_out: int = 0
    dropped: int = 0
    missed: int = 0

    def route(self, number: int) -> str:
        return self.routes[number] if 0 <= number < len(self.routes) else f"route {number}"

    def call(self, number: int) -> str:
        return self.calls[number] if 0 <= number < len(self.calls) else f"call {number}"


class _Trace:
    def __init__(self) -> None:
        self._workers: dict[int, _Worker] = {}
        self._pids: set[int] = set()
        self._tids = _FIRST_TID
        self._arrows = 0
        self._calls = 0

    def of(self, item: Header | Frame) -> list[Event]:
        """The events that an item tells."""
        if isinstance(item, Header):
            return list(self._began(item))
        worker = self._workers.get(item.worker)
        return list(self._went_on(worker, item)) if worker is not None else []

    def rest(self) -> list[Event]:
        """What had not ended with the recording."""
        return [event for worker in self._workers.values() for event in self._broken_off(worker)]

    def _began(self, header: Header) -> Iterator[Event]:
        known = self._workers.get(header.worker)
        if known is not None and known.header.origin == header.origin:
            known.routes, known.calls = [], []  # the same again: its names are told anew
            return
        if known is not None:
            yield from self._broken_off(known)
        pid = header.worker
        while pid in self._pids:
            pid += _ANOTHER_LIFE
        self._pids.add(pid)
        worker = self._workers[header.worker] = _Worker(header, pid, round(header.origin * 1e6))
        yield _meta(pid, pid, "process_name", name=f"{header.app or 'clearway'} (worker {header.worker})")
        yield _meta(pid, pid, "process_sort_index", sort_index=len(self._pids))
        yield from _named(worker, pid, "loop", 0)

    def _track(self, worker: _Worker, place: int, name: str) -> Iterator[Event]:
        """Name a track when it is used for the first time."""
        if place not in worker.tracks:
            worker.tracks[place] = self._tids
            self._tids += 1
            yield from _named(worker, worker.tracks[place], name, place)

    def _went_on(self, worker: _Worker, frame: Frame) -> Iterator[Event]:
        worker.routes += frame.routes
        worker.calls += frame.calls
        worker.latest = frame
        worker.left_out += frame.left_out
        worker.dropped += frame.dropped
        worker.missed += frame.missed
        for request in frame.requests:
            yield from self._request(worker, request, request.left_us)
        for part in frame.parts:
            yield from self._call(worker, part, part.returned_us)
        for stall in frame.stalls:
            yield from self._stall(worker, stall)
        for loss in frame.losses:
            yield from self._loss(worker, loss)
        yield from self._counters(worker, frame)

    def _request(self, worker: _Worker, request: RequestPart, until_us: int, **more: Any) -> Iterator[Event]:
        args = {"request": request.request, **more}
        name = worker.route(request.route)
        identity = f"{worker.pid}.{request.request}"
        yield from _async(worker, "request", name, identity, request.came_us, until_us, args)

    def _call(self, worker: _Worker, part: CallPart, until_us: int, **more: Any) -> Iterator[Event]:
        """Waiting, running, waiting for the loop; of one that goes on, the part until now."""
        lane = _LANES[part.lane] if 0 <= part.lane < len(_LANES) else Lane.LOOP
        call, args = worker.call(part.call), self._about(worker, part, lane, more)
        self._calls += 1
        identity = f"{worker.pid}.{part.request}.{self._calls}"
        waits = {"request": part.request, **more}
        started, ended = part.started_us or until_us, part.ended_us or until_us
        yield from _async(worker, "call", f"wait for {lane}: {call}", identity, part.submitted_us, started, waits)
        if not part.started_us:
            return
        if lane is Lane.LOOP:
            yield from _async(worker, "call", f"run: {call}", identity, started, ended, args)
        else:
            place = part.lane * _LANE_TRACKS + part.track
            yield from self._track(worker, place, f"{lane} {part.track + 1}")
            yield _complete(worker, worker.tracks[place], "call", call, started, ended, args)
        if part.ended_us:
            yield from _async(worker, "call", f"wait for the loop: {call}", identity, ended, part.returned_us, waits)

    @staticmethod
    def _about(worker: _Worker, part: CallPart, lane: Lane, more: dict[str, Any]) -> dict[str, Any]:
        kind = _KINDS[part.kind] if 0 <= part.kind < len(_KINDS) else part.kind
        return {"request": part.request, "route": worker.route(part.route), "kind": kind, "lane": lane, **more}

    def _stall(self, worker: _Worker, stall: dict[str, Any]) -> Iterator[Event]:
        # Rounding must not make it overlap the one before.
        began = max(round(stall["started_s"] * 1e6), worker.stalled_until_us)
        ended = max(began, round((stall["started_s"] + stall["duration_s"]) * 1e6))
        worker.stalled_until_us = ended
        culprit = _place(stall.get("culprit"))
        what = stall.get("operation") or stall.get("cause")
        name = f"stall: {what} at {culprit}" if culprit else f"stall: {what}"
        told = stall.get("victims")
        victims = [victim for victim in told if isinstance(victim, dict)] if isinstance(told, list) else []
        args = {
            "cause": stall.get("cause"),
            "route": stall.get("route"),
            "call": stall.get("call"),
            "line": culprit,
            "request": stall.get("request"),
            "stack": [_place(line) for line in stall.get("stack") or () if isinstance(line, dict)],
            "victims": [_victim(victim) for victim in victims],
            "victim_count": stall.get("victim_count"),
        }
        yield {**_complete(worker, worker.pid, "stall", name, began, ended, args), "cname": RED}
        yield from self._arrows_to(worker, name, victims[:MOST_ARROWS], began, ended)

    def _arrows_to(
        self, worker: _Worker, name: str, victims: list[dict[str, Any]], began: int, ended: int
    ) -> Iterator[Event]:
        """Arrows end at events of threads. All victims waited until the end, so theirs nest in one another."""
        waits = sorted((-_waited_us(victim), number) for number, victim in enumerate(victims))
        if waits:
            yield from self._track(worker, _VICTIMS, "waited for the loop")
        tid = worker.tracks.get(_VICTIMS, 0)
        at = began
        for minus_us, number in waits:
            victim = victims[number]
            at = max(at, ended + minus_us)
            if at >= ended:
                return
            self._arrows += 1
            arrow = {"pid": worker.pid, "cat": "victim", "name": "waited for", "id": self._arrows}
            yield _complete(worker, tid, "victim", str(victim.get("route")), at, ended, {"stall": name, **victim})
            yield {**arrow, "ph": "s", "tid": worker.pid, "ts": began + worker.offset_us}
            yield {**arrow, "ph": "f", "bp": "e", "tid": tid, "ts": at + worker.offset_us}
            at += 1  # the arrow's end finds the innermost event that has begun: each begins later than the last

    def _loss(self, worker: _Worker, loss: dict[str, Any]) -> Iterator[Event]:
        at = round(loss["at_s"] * 1e6) + worker.offset_us
        name = f"lost: {loss.get('reason')}"
        yield {
            "ph": "i",
            "s": "p",
            "name": name,
            "cat": "loss",
            "pid": worker.pid,
            "tid": worker.pid,
            "ts": at,
            "args": loss,
        }

    def _counters(self, worker: _Worker, frame: Frame) -> Iterator[Event]:
        values: dict[str, dict[str, float]] = {
            "requests in flight": {"requests": frame.in_flight},
            "loop's processor": {"percent": round(frame.loop_cpu * 100, 1)},
        }
        if (pool := frame.pool) is not None:
            values["threads"] = {"busy": pool.busy, "idle": max(0, pool.live - pool.busy)}
            values["waiting for a thread"] = {"calls": pool.queued}
            values["thread limit"] = {"threads": pool.limit}
        at = frame.at_us + worker.offset_us
        for name, args in values.items():
            yield {"ph": "C", "name": name, "pid": worker.pid, "tid": worker.pid, "ts": at, "args": args}

    def _broken_off(self, worker: _Worker) -> Iterator[Event]:
        """What was going on when the worker was heard for the last time, and what it could not tell."""
        frame = worker.latest
        if frame is not None and not frame.gone:
            for request in frame.here:
                yield from self._request(worker, request, frame.at_us, unfinished=True)
            for part in frame.going:
                yield from self._call(worker, part, frame.at_us, unfinished=True)
            began = max(frame.at_us - frame.overdue_us, worker.stalled_until_us)
            if frame.overdue_us and began < frame.at_us:
                args = {"unfinished": True}
                lasting = _complete(worker, worker.pid, "stall", "stall: it lasts still", began, frame.at_us, args)
                yield {**lasting, "cname": RED}
        if worker.left_out or worker.dropped or worker.missed:
            told = f"{worker.left_out} left out, {worker.dropped} overwritten, {worker.missed} frames missed"
            yield _meta(worker.pid, worker.pid, "process_labels", labels=told)


def _named(worker: _Worker, tid: int, name: str, place: int) -> Iterator[Event]:
    yield _meta(worker.pid, tid, "thread_name", name=name)
    yield _meta(worker.pid, tid, "thread_sort_index", sort_index=place)


def _meta(pid: int, tid: int, what: str, **args: Any) -> Event:
    return {"ph": "M", "name": what, "pid": pid, "tid": tid, "ts": 0, "args": args}


def _complete(worker: _Worker, tid: int, cat: str, name: str, began: int, ended: int, args: dict[str, Any]) -> Event:
    return {
        "ph": "X",
        "name": name,
        "cat": cat,
        "pid": worker.pid,
        "tid": tid,
        "ts": began + worker.offset_us,
        "dur": max(0, ended - began),
        "args": args,
    }


def _async(
    worker: _Worker, cat: str, name: str, identity: str, began: int, ended: int, args: dict[str, Any]
) -> Iterator[Event]:
    if ended <= began:
        return
    event = {"name": name, "cat": cat, "id": identity, "pid": worker.pid, "tid": worker.pid}
    yield {**event, "ph": "b", "ts": began + worker.offset_us, "args": args}
    yield {**event, "ph": "e", "ts": ended + worker.offset_us}


def _place(line: object) -> str | None:
    if not isinstance(line, dict):
        return None
    return f"{line.get('file')}:{line.get('line')} in {line.get('function')}"


def _waited_us(victim: dict[str, Any]) -> int:
    waited = victim.get("waited_s")
    return round(waited * 1e6) if isinstance(waited, int | float) and 0 < waited < 1e9 else 0


def _victim(victim: dict[str, Any]) -> str:
    return f"request {victim.get('request')}, {victim.get('route')}: waited {_waited_us(victim) / 1000:.1f} ms"
