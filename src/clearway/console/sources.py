"""Lines of the user's source, of places that stalls and plans have named, and of no others."""

from __future__ import annotations

import os
import stat
import tokenize
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from clearway.console.state import State

AROUND = 10
"""Lines before the place, and after it."""
MOST_BYTES = 4 << 20
LONGEST_LINE = 1000


class NoSource(LookupError):
    """There is nothing to show. The message says why."""


@dataclass(frozen=True, slots=True)
class Source:
    """Some lines of a file; `first` is the number of the first one."""

    file: str
    first: int
    lines: list[str]


def source(state: State, file: str, line: int) -> Source:
    """The lines around a place. Raises NoSource, also for a place that nobody has named, whatever is there."""
    if not any(place == (file, line) for place in named(state)):
        raise NoSource("no stall and no plan has named this place")
    lines = read_lines(file)
    first = max(1, line - AROUND)
    shown = [text.rstrip("\r\n")[:LONGEST_LINE] for text in lines[first - 1 : line + AROUND]]
    if not shown:
        raise NoSource("the file has fewer lines now")
    return Source(file, first, shown)


def named(state: State) -> Iterator[tuple[str, int]]:
    """(file, line) of every place in the stalls that are held and in the tables of the workers."""
    for told in list(state.stalls):
        yield from _of_stall(told.what)
    for worker in list(state.workers.values()):
        table = worker.table or {}
        stalls = table.get("stalls") or {}
        for stall in stalls.get("latest", ()):
            yield from _of_stall(stall)
        for culprit in stalls.get("culprits", ()):
            yield from _of_stall(culprit["last"])
        for route in table.get("routes", ()):
            yield from _of_place(route)
            for dependency in route.get("dependencies", ()):
                yield from _of_place(dependency)


def _of_stall(stall: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    for frame in (stall.get("culprit"), *stall.get("stack", ())):
        if frame is not None:
            yield from _of_place(frame)


def _of_place(place: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    file, line = place.get("file"), place.get("line")
    if file is not None and line is not None:
        yield file, line


def read_lines(file: str) -> list[str]:
    """A code object may say any name: only a Python file is opened, and not one that is no file."""
    if not file.endswith(".py"):
        raise NoSource("this is no Python file")
    try:
        found = os.stat(file)
        if not stat.S_ISREG(found.st_mode) or found.st_size > MOST_BYTES:
            raise NoSource("this is no file of a sensible size")
        with tokenize.open(file) as opened:
            return opened.readlines()
    except (OSError, ValueError, SyntaxError):  # SyntaxError: of a coding that does not exist
        raise NoSource("the file cannot be read") from None
