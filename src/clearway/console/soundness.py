"""Whether what a frame carries as plain JSON is what it says: stalls, losses, a snapshot.

The types and ranges of other fields `clearway.frames` sees to. `State` asks here before it takes a frame, so that
nothing that reads what it has taken can stumble, whatever a file or a broken worker claims.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from clearway.frames import FURTHEST_US, Count, Part
from clearway.model import Loss, Stall

if TYPE_CHECKING:
    from clearway.frames import Frame

T = TypeVar("T")
FURTHEST_S = FURTHEST_US / 1e6


class _Place(msgspec.Struct):
    file: str | None = None
    line: Count | None = None


class _Contained(msgspec.Struct):
    is_on: bool = False
    waits: Count = 0
    seconds: Part = 0.0


class _Route(_Place):
    route: str = ""
    lane: str | None = None
    requests: Count = 0
    refused: Count = 0
    withdrawn: Count = 0
    contained: _Contained | None = None
    dependencies: list[_Place] = []


class _Stall(msgspec.Struct):
    culprit: _Place | None = None
    stack: list[_Place] = []


class _Culprit(msgspec.Struct):
    last: _Stall


class _Stalls(msgspec.Struct):
    count: Count = 0
    culprits: list[_Culprit] = []
    latest: list[_Stall] = []


class _Count(msgspec.Struct):
    count: Count = 0


class _Threads(msgspec.Struct):
    abandoned: Count = 0


class _Processes(msgspec.Struct):
    busy: Count = 0
    live: Count = 0
    limit: Count = 0
    queued: Count = 0


class _Table(msgspec.Struct):
    """What is read of a snapshot; any of it may be missing."""

    routes: list[_Route] = []
    threads: _Threads | None = None
    stalls: _Stalls | None = None
    losses: _Count | None = None
    processes: _Processes | None = None
    cluster: dict[str, Any] | None = None
    faults: Count = 0


class _Unsound(Exception):
    pass


def what_is_wrong(frame: Frame) -> str | None:
    """The first thing that is not what it says; None for a sound frame."""
    try:
        for told in frame.stalls:
            _check_stall(_read("stall", told, Stall))
        for told in frame.losses:
            _check_range("loss", "at_s", _read("loss", told, Loss).at_s)
        if frame.table is not None:
            _read("snapshot", frame.table, _Table)
    except _Unsound as unsound:
        return str(unsound)
    return None


def _read(what: str, told: dict[str, Any], kind: type[T]) -> T:
    try:
        return msgspec.convert(told, kind)
    except (msgspec.ValidationError, RecursionError) as error:
        raise _Unsound(f"a {what} is none: {error}") from None


def _check_stall(stall: Stall) -> None:
    for name in ("started_s", "duration_s", "starved_s"):
        _check_range("stall", name, getattr(stall, name))
    _check_range("stall", "victim_count", stall.victim_count, FURTHEST_US)
    for victim in stall.victims:
        _check_range("victim", "waited_s", victim.waited_s)


def _check_range(what: str, name: str, value: float, most: float = FURTHEST_S) -> None:
    if not abs(value) <= most:  # nor what is no number
        raise _Unsound(f"a {what} is none: {name} is out of range")
