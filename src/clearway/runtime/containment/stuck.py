"""A loop that waits for a lock which only a suspended request can release: seen from the watchdog's thread, and said.

Locks that were made before containment began are the interpreter's own: who waits for one holds the whole loop up, and
where its holder is a contained call that is suspended, nobody ever resumes it.
"""

from __future__ import annotations

import _thread
import re
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

from clearway.runtime import portal
from clearway.runtime.stalls.operation import value_of
from clearway.runtime.stalls.source import lines_of
from clearway.runtime.stalls.stack import Origin, Step, origin_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

_RAW = (type(_thread.allocate_lock()), _thread.RLock)
_ACQUIRES = re.compile(r"\bwith\s+(.+?)\s*:\s*(?:#.*)?$|([\w.]+)\s*\.\s*(?:acquire|__enter__)\s*\(")
_NAME = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*$")


class Held(NamedTuple):
    """A line of code and the lock that it acquires."""

    lock: Any
    place: str


def explain(thread: int) -> str | None:
    """What the loop of this thread waits for, and which suspended call holds it; None where it is something else."""
    frame = sys._current_frames().get(thread)
    if frame is None:
        return None
    wanted = next(_acquired(frame, only_here=True), None)
    while wanted is None and frame is not None and origin_of(frame.f_code) is not Origin.USER:
        frame = frame.f_back  # a library's or the stdlib's function acquires it
        wanted = next(_acquired(frame, only_here=True), None) if frame is not None else None
    if wanted is None:
        return None
    for suspended in portal.suspended():
        holder = _holder(suspended, wanted.lock)
        if holder is not None:
            return (
                f"the loop is stuck: {wanted.place} waits for a lock that a suspended contained call holds since "
                f"{holder}; make that lock after clearway.install(), serve with `clearway run --contain`, or hold it "
                f"for no longer than it takes to compute"
            )
    return None


def _holder(frame: FrameType | None, lock: Any) -> str | None:
    while frame is not None:
        for held in _acquired(frame, only_here=False):
            if held.lock is lock:
                return held.place
        frame = frame.f_back
    return None


def _acquired(frame: FrameType, *, only_here: bool) -> Iterator[Held]:
    """The interpreter's locks that a frame's code names in its `with` statements, up to the line where it is."""
    code = frame.f_code
    here = frame.f_lineno or code.co_firstlineno
    first = here if only_here else code.co_firstlineno
    lines = lines_of(code.co_filename, first, here, frame.f_globals)
    for line, text in enumerate(lines, first):
        for match in _ACQUIRES.finditer(text):
            for expression in (match[1] or match[2]).split(","):
                name = expression.partition(" as ")[0].strip()
                if not _NAME.match(name):
                    continue
                found = value_of(name.split("."), frame.f_locals, frame.f_globals)
                if isinstance(found, _RAW):
                    yield Held(found, str(Step(code, line).frame()))
