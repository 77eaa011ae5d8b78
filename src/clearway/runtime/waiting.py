"""Where calls that take long are just now: by line, for who wants to know what keeps a service.

Asked once a second. A look is bounded: the calls that began first, and coroutines only where few requests are in
flight, since the loop's tasks have to be gone through to find them.
"""

from __future__ import annotations

import asyncio
import heapq
import sys
from dataclasses import dataclass
from dis import opmap
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any, NamedTuple

from clearway.model import Lane
from clearway.runtime.blame import find_request
from clearway.runtime.stalls.operation import name_operation, site_of
from clearway.runtime.stalls.stack import Origin, origin_of, walk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from clearway.runtime.install import Runtime
    from clearway.runtime.lanes.threads.limiter import Limiter
    from clearway.runtime.port import LoopPort
    from clearway.runtime.request import Request

LONG_NS = 50_000_000
"""A call that has run for less is none of the long ones."""
STUCK_NS = 250_000_000
"""A loop that has not turned for so long is asked where it is: its stall is told only when it ends."""
MOST_CALLS = 50
MOST_TASKS_OF = 1000
"""With more requests in flight, coroutines are not looked for."""
COMPUTES = 0.5
"""Above this weight a call mostly computes."""
MOST_STEPS = 40
WITH = "with …"
"""The operation of a line that enters a context manager written in C. What takes long there is a lock."""
ENTERING = frozenset(code for name, code in opmap.items() if name in ("BEFORE_WITH", "LOAD_SPECIAL"))
OUTER, INNER = 2, 6
"""Of what the user's line calls so many functions are named: the first, and the last."""


class Place(NamedTuple):
    """What tells groups of calls apart."""

    route: int
    lane: Lane
    file: str
    line: int
    function: str
    operation: str | None
    through: tuple[str, ...]
    """The functions between the user's line and the innermost, outermost first."""
    holds_loop: bool


@dataclass(slots=True)
class Waiting:
    """Calls at one place."""

    count: int = 0
    longest_ns: int = 0
    computing: int = 0
    """How many of them compute rather than wait."""

    def add(self, age_ns: int, computes: bool) -> None:
        self.count += 1
        self.longest_ns = max(self.longest_ns, age_ns)
        self.computing += computes


def look(runtime: Runtime) -> dict[Place, Waiting]:
    """The calls that have run long, by place. On any thread but the loop's; raises nothing of the app's."""
    found: dict[Place, Waiting] = {}
    now_ns = perf_counter_ns()
    stacks = sys._current_frames()
    try:
        for port in runtime.ports.open_now():
            _look_at_loop(found, port, stacks, now_ns)
            _look_at_tasks(found, port, now_ns)
        _look_at_threads(found, runtime.thread_lane.limiter, stacks, now_ns)
    finally:
        stacks.clear()  # they hold the app's local variables
    return found


def _look_at_threads(found: dict[Place, Waiting], limiter: Limiter, stacks: dict[int, FrameType], now_ns: int) -> None:
    long = [(work.started_ns, worker, work) for worker, work in limiter.running() if now_ns - work.started_ns > LONG_NS]
    for started_ns, worker, work in heapq.nsmallest(MOST_CALLS, long, key=lambda each: each[0]):
        frame = stacks.get(worker.ident or 0)
        place = None if frame is None else _place(walk(frame).frames, work.request, Lane.THREAD)
        if place is not None:
            found.setdefault(place, Waiting()).add(now_ns - started_ns, worker.weight > COMPUTES)


def _look_at_loop(found: dict[Place, Waiting], port: LoopPort, stacks: dict[int, FrameType], now_ns: int) -> None:
    overdue_ns = port.watch.overdue_ns(now_ns) if port.watch is not None else 0
    frame = stacks.get(port.thread)
    if overdue_ns < STUCK_NS or frame is None:
        return
    frames = walk(frame).frames
    request = next((known for each in frames if (known := find_request(each)) is not None), None)
    place = _place(frames, request, Lane.LOOP, holds_loop=True)
    if place is not None:
        found.setdefault(place, Waiting()).add(overdue_ns, False)


def _look_at_tasks(found: dict[Place, Waiting], port: LoopPort, now_ns: int) -> None:
    """Coroutines of requests that wait for something else than one of Clearway's lanes."""
    in_flight = list(port.in_flight)
    if len(in_flight) > MOST_TASKS_OF or not any(now_ns - request.in_ns > LONG_NS for request in in_flight):
        return
    looked = 0
    for task in asyncio.all_tasks(port.loop):
        frames = list(_awaiting(task.get_coro()))[::-1]
        request = next((known for frame in frames if (known := find_request(frame)) is not None), None)
        if request is None or now_ns - request.in_ns < LONG_NS:
            continue
        place = _place(frames, request, Lane.LOOP)
        if place is not None and not any(name.startswith("clearway.") for name in place.through):
            found.setdefault(place, Waiting()).add(now_ns - request.in_ns, False)
            looked += 1
        if looked >= MOST_CALLS:
            return


def _awaiting(coroutine: Any) -> Iterator[FrameType]:
    """The frames of a suspended coroutine and of all that it awaits, outermost first."""
    for _ in range(MOST_STEPS * 2):
        frame = getattr(coroutine, "cr_frame", None) or getattr(coroutine, "gi_frame", None)
        if frame is None:
            return
        yield frame
        coroutine = getattr(coroutine, "cr_await", None) or getattr(coroutine, "gi_yieldfrom", None)


def _place(frames: list[FrameType], request: Request | None, lane: Lane, *, holds_loop: bool = False) -> Place | None:
    """Of a stack, innermost first; None where no line of the user's is in it."""
    depth = next((depth for depth, each in enumerate(frames) if origin_of(each.f_code) is Origin.USER), None)
    if depth is None:
        return None
    frame = frames[depth]
    code = frame.f_code
    route = request.route.number if request is not None else -1
    line = frame.f_lineno or code.co_firstlineno
    through = [_qualified(inner) for inner in reversed(frames[:depth])]
    if len(through) > OUTER + INNER:
        through = through[:OUTER] + through[-INNER:]
    operation = WITH if depth == 0 and _enters(frame) else None
    if operation is None and (site := site_of(frames)) is not None:
        operation = name_operation(*site)
    return Place(route, lane, code.co_filename, line, code.co_qualname, operation, tuple(through), holds_loop)


def _qualified(frame: FrameType) -> str:
    module = frame.f_globals.get("__name__")
    return f"{module if isinstance(module, str) else '?'}.{frame.f_code.co_qualname}"


def _enters(frame: FrameType) -> bool:
    """Whether it is at the beginning of a `with`, and not in a function that this calls."""
    code = frame.f_code.co_code
    return 0 <= frame.f_lasti < len(code) and code[frame.f_lasti] in ENTERING
