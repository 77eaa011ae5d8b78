"""The latest events, in one block of memory.

An entry is packed in place: nothing is allocated for it and nothing freed, so that recording costs a request the
same at the first event and at the millionth, and the garbage collector never looks here. Each entry is written by
one call that keeps the interpreter, so no reader sees half of one.
"""

from __future__ import annotations

import struct
from _thread import allocate_lock  # containment stands in for `threading.Lock`
from typing import TYPE_CHECKING, Any

from clearway.model import CallKind, Event, EventType, Lane

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clearway.model import Stall

OUT, CALL, STALL = 1, 2, 3
"""What an entry is: a request has left, a call is back, the loop has stalled."""
# What it is, kind and lane of a call, route, call, track, request, and four times or lengths in nanoseconds.
_ENTRY = struct.Struct("=BBBxIIIQQQQQ")
_KINDS = tuple(CallKind)
_LANES = tuple(Lane)
_KIND_NUMBERS = {kind: number for number, kind in enumerate(_KINDS)}
_LANE_NUMBERS = {lane: number for number, lane in enumerate(_LANES)}


Packed = tuple[int, ...]
"""An entry as it is held: what, kind and lane of a call, route, call, track, request, four times or lengths in ns."""


class Names:
    """Numbers for names, in the order in which they came. Loops and whoever looks ask from different threads."""

    def __init__(self) -> None:
        self._lock = allocate_lock()
        self._names: list[str] = []
        self._numbers: dict[str, int] = {}

    def number(self, name: str) -> int:
        """The number of a name, new or known."""
        number = self._numbers.get(name)
        if number is None:
            with self._lock:
                number = self._numbers.get(name)
                if number is None:
                    self._names.append(name)
                    number = self._numbers[name] = len(self._names) - 1
        return number

    def since(self, number: int) -> list[str]:
        """The names from this number on."""
        return self._names[number:]

    def __getitem__(self, number: int) -> str:
        return self._names[number]


class Ring:
    """Holds `capacity` entries of 56 bytes. When it is full, each new one takes the place of the oldest."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.written = 0
        self.routes = Names()
        self.calls = Names()
        self._memory = bytearray(capacity * _ENTRY.size)

    def __len__(self) -> int:
        return min(self.written, self.capacity)

    @property
    def dropped(self) -> int:
        """Entries that newer ones have replaced."""
        return self.written - len(self)

    def put_out(self, route: int, request: int, in_ns: int, latency_ns: int) -> None:
        """A request has left."""
        place = self.written % self.capacity
        self.written += 1
        _ENTRY.pack_into(self._memory, place * _ENTRY.size, OUT, 0, 0, route, 0, 0, request, in_ns, latency_ns, 0, 0)

    def put_call(
        self,
        route: int,
        request: int,
        call: int,
        kind: CallKind,
        lane: Lane,
        times_ns: tuple[int, int, int, int],
        track: int = 0,
    ) -> None:
        """A call is back. Its times: submitted, started, ended, returned. `track`: which thread or process ran it."""
        place = self.written % self.capacity
        self.written += 1
        _ENTRY.pack_into(
            self._memory,
            place * _ENTRY.size,
            CALL,
            _KIND_NUMBERS[kind],
            _LANE_NUMBERS[lane],
            route,
            call,
            track,
            request,
            *times_ns,
        )

    def put_stall(self, stall: Stall) -> None:
        """The loop has stalled. Of it only what an event says: stacks and victims, kept for as long as entries are,
        would be most of a service's memory where it stalls again and again."""
        place = self.written % self.capacity
        self.written += 1
        # 0 stands for none: a number for it would be told as a name.
        _ENTRY.pack_into(
            self._memory,
            place * _ENTRY.size,
            STALL,
            0,
            0,
            0 if stall.route is None else self.routes.number(stall.route) + 1,
            0 if stall.call is None else self.calls.number(stall.call) + 1,
            0,
            stall.request,
            round(stall.started_s * 1e9),
            round(stall.duration_s * 1e9),
            0,
            0,
        )

    def events(self) -> Iterator[Event]:
        """The events that are still held, oldest entry first."""
        memory, written = bytes(self._memory), self.written
        for number in range(max(0, written - self.capacity), written):
            yield from self._events_of(_ENTRY.unpack_from(memory, number % self.capacity * _ENTRY.size))

    def read(self, since: int) -> tuple[int, list[Packed]]:
        """The number of the first entry from `since` on that is still held, and it and all after it.

        From any thread: what is overwritten meanwhile is left out.
        """
        written, size = self.written, _ENTRY.size
        first = max(since, written - self.capacity)
        begin, end = first % self.capacity * size, written % self.capacity * size
        if first == written:
            return first, []
        held = self._memory[begin:end] if begin < end else self._memory[begin:] + self._memory[:end]
        overwritten = max(0, self.written - self.capacity - first)
        return first + overwritten, list(_ENTRY.iter_unpack(held[overwritten * size :]))

    def latest_out(self) -> Iterator[tuple[int, str, int, int]]:
        """(request, route, came, latency) of the requests that have left, the last one first. Nanoseconds."""
        for number in range(self.written - 1, max(-1, self.written - self.capacity - 1), -1):
            entry = _ENTRY.unpack_from(self._memory, number % self.capacity * _ENTRY.size)
            if entry[0] == OUT:
                yield entry[6], self.routes[entry[3]], entry[7], entry[8]

    def _events_of(self, entry: tuple[Any, ...]) -> Iterator[Event]:
        what, kind, lane, route_number, call, _, request, *times = entry
        if what == STALL:
            started_ns, duration_ns, *_ = times
            blamed = self.routes[route_number - 1] if route_number else ""
            name = self.calls[call - 1] if call else None
            yield Event(EventType.STALL, started_ns / 1e9, duration_ns / 1e9, request, blamed, name)
            return
        route = self.routes[route_number]
        if what == OUT:
            in_ns, latency_ns, *_ = times
            yield Event(EventType.REQUEST, in_ns / 1e9, 0.0, request, route)
            yield Event(EventType.OUT, (in_ns + latency_ns) / 1e9, 0.0, request, route)
        elif what == CALL:
            submitted, started, ended, returned = times
            for type_, begin, end in (
                (EventType.WAIT, submitted, started),
                (EventType.RUN, started, ended),
                (EventType.RETURN, ended, returned),
            ):
                yield Event(
                    type_,
                    begin / 1e9,
                    (end - begin) / 1e9,
                    request,
                    route,
                    self.calls[call],
                    _KINDS[kind],
                    _LANES[lane],
                )
