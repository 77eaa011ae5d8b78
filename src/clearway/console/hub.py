"""Where the frames of all workers come together: folded into `State`, held for a while, and given to who looks.

Everything here runs on the console's own loop. A viewer is a place in the held lines: one that falls too far behind
is put at their end, and told in one frame a worker what it would not know: names, stalls, losses, how many frames.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from dataclasses import asdict, dataclass, field
from itertools import islice
from time import monotonic, time
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from msgspec import structs

from clearway.console.doctor import Doctor, diagnose
from clearway.console.state import State
from clearway.console.tally import Tally
from clearway.frames import Frame, Header, line_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from clearway.console.state import WorkerState

    Listener = Callable[[Header | Frame, bytes], None]

PACE_S = 0.2
"""From one frame to the next while somebody looks."""
REST_S = 1.0
"""The same while nobody does."""
HELD_S = 120.0
HELD_BYTES = 16 << 20
LAG_S = 5.0
LAG_BYTES = 4 << 20
"""A viewer that is further behind loses frames."""
PIECE_BYTES = 256 << 10
MOST_VIEWERS = 16
BEFORE_ALL = -1
"""Where a viewer stands that has not been told yet what there is."""
LOOK_EVERY_US = 1_000_000
"""So often the doctor looks at what has come, while somebody reads what it says."""
FIRST_STALLS = 200
"""Stalls, and losses, that a new viewer is told."""

_log = logging.getLogger("clearway.console")


class Source(Protocol):
    """Where a hub's frames come from."""

    async def run(self, hub: Hub) -> None:
        """Give the hub headers and frames until cancelled."""
        ...

    def snapshot(self, hub: Hub, worker: int | None) -> dict[str, Any]:
        """The picture now: of one worker, or of all. Raises LookupError that says what there is instead."""
        ...


class Known(NamedTuple):
    """What has been told of a worker up to some line."""

    since: int = 0
    """Number of its header's line: process ids are used again."""
    frames: int = 0
    routes: int = 0
    calls: int = 0
    stalls: int = 0
    losses: int = 0

    def after(self, frame: Frame) -> Known:
        return Known(
            self.since,
            self.frames + 1,
            self.routes + len(frame.routes),
            self.calls + len(frame.calls),
            self.stalls + len(frame.stalls),
            self.losses + len(frame.losses),
        )


class Held(NamedTuple):
    """A line, its place in the stream, and what its reader knows before and after it."""

    number: int
    at_s: float
    starts_at: int
    """Bytes of all lines before it."""
    worker: int
    line: bytes
    at_us: int
    before: Known | None
    """None for a header."""
    after: Known


@dataclass(eq=False)
class Viewer:
    """Who looks, and how far it has come."""

    next: int
    """Number of the next line for it."""
    replays_until: int = 0
    """Up to here it reads what was held when it came, at its own speed."""
    known: dict[int, Known] = field(default_factory=dict)
    missed: int = 0


class Hub:
    """Takes lines, gives lines. `source` is where they come from."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.state = State()
        self.tally = Tally()
        self.listeners: list[Listener] = []
        """Called with each item and its line; one that raises is dropped."""
        self.on_attention: list[Callable[[], None]] = []
        """Called when somebody begins to look, and when nobody does any more."""
        self.missed = 0
        """Frames that viewers were too slow for."""
        self.let_go = 0
        """Lines that would have been held for longer, were there room."""
        self.refused = 0
        """Frames that were not what they said, and are left out."""
        self._held: deque[Held] = deque()
        self._next = 0
        self._bytes = 0
        self._known: dict[int, Known] = {}
        self._viewers: set[Viewer] = set()
        self._news = asyncio.Event()
        self._is_closed = False
        self._doctor = Doctor()
        self._doctor_us = 0
        self._doctor_failed = False

    async def run(self) -> None:
        """Take what the source has until cancelled."""
        await self.source.run(self)

    # Lines come in

    def take(self, item: Header | Frame, line: bytes | None = None) -> None:
        """The next item of a worker, and its line where that is known."""
        worker = item.worker
        if isinstance(item, Header):
            if worker in self._known:  # a process id that is used again: what was held is another's
                self._held = deque(held for held in self._held if held.worker != worker)
            self.state.take(item)
            self.tally.take(item, self.state.workers[worker])
            self._known[worker] = Known(self._next)
            self._hold(worker, line or line_of(item), 0, None)
        elif (before := self._known.get(worker)) is not None and not self.state.workers[worker].is_gone:
            if not self.state.take(item):
                self._refuse(item)
                return
            self.tally.take(item, self.state.workers[worker])
            if (found := self._examine()) is not None:
                item, line = structs.replace(item, doctor=found), None
            self._known[worker] = before.after(item)
            self._hold(worker, line or line_of(item), item.at_us, before)
        else:
            return
        for listener in list(self.listeners):
            try:
                listener(item, self._held[-1].line)
            except Exception:
                self.unlisten(listener)
                _log.exception("a reader of the console's frames failed and is dropped")

    def _refuse(self, frame: Frame) -> None:
        """What the state does not take, nobody hears."""
        self.refused += 1
        if self.refused == 1:
            _log.error("a frame is left out of the console: %s", self.state.what_is_wrong(frame))

    def _examine(self) -> dict[str, Any] | None:
        """What the doctor has to say with this frame; None where that is nothing new."""
        if not self.is_watched or 0 <= self.state.at_us - self._doctor_us < LOOK_EVERY_US:
            return None
        self._doctor_us = self.state.at_us
        try:
            said = self._doctor.look(self.state)
        except Exception:  # the frames matter more than what is thought of them
            if not self._doctor_failed:
                self._doctor_failed = True
                _log.exception("the console's doctor failed")
            return None
        return None if said is None else asdict(said)

    def diagnosis(self, worker: int | None = None) -> dict[str, Any]:
        """The principal problem now, of one worker or of all. Raises LookupError for a worker that is not there."""
        if worker is not None and worker not in self.state.workers:
            raise LookupError(f"no worker {worker}: there is {', '.join(map(str, self.state.workers)) or 'none'}")
        if worker is not None:
            return asdict(diagnose(self.state, worker))
        if self.is_watched and self._doctor.said is not None:
            return asdict(self._doctor.said)
        return asdict(diagnose(self.state))

    def gone(self, worker: int) -> None:
        """A worker has ended: nothing is in flight there any more."""
        state = self.state.workers.get(worker)
        if state is not None and not state.is_gone:
            at_us = max(state.at_us - state.offset_us, round((time() - state.header.origin) * 1e6))
            self.take(Frame(worker, at_us, gone=True))

    def _hold(self, worker: int, line: bytes, at_us: int, before: Known | None) -> None:
        now = monotonic()
        self._held.append(Held(self._next, now, self._bytes, worker, line, at_us, before, self._known[worker]))
        self._next += 1
        self._bytes += len(line) + 1
        held = self._held
        while held[0].at_s < now - HELD_S:
            held.popleft()
        while len(held) > 1 and self._bytes - held[0].starts_at > HELD_BYTES:
            held.popleft()
            self.let_go += 1
        for pid in self._known.keys() - self.state.workers.keys():
            del self._known[pid]
        self._news.set()
        self._news = asyncio.Event()

    # Lines go out

    @property
    def is_watched(self) -> bool:
        """Whether what happens is worth being told in detail."""
        return bool(self._viewers or self.listeners)

    def listen(self, listener: Listener) -> None:
        """Have every item from now on, and with it the detail that a viewer would get."""
        was_watched = self.is_watched
        self.listeners.append(listener)
        self._attention(was_watched)

    def unlisten(self, listener: Listener) -> None:
        was_watched = self.is_watched
        if listener in self.listeners:
            self.listeners.remove(listener)
        self._attention(was_watched)

    def enter(self, *, replay: bool) -> Viewer | None:
        """A new viewer, who may first have what is held; None where there are too many."""
        if len(self._viewers) >= MOST_VIEWERS:
            return None
        if replay and self._held:
            viewer = Viewer(self._held[0].number, self._next)
        else:
            viewer = Viewer(BEFORE_ALL if self._next else 0)
        was_watched = self.is_watched
        self._viewers.add(viewer)
        self._attention(was_watched)
        return viewer

    def leave(self, viewer: Viewer) -> None:
        was_watched = self.is_watched
        self._viewers.discard(viewer)
        self._attention(was_watched)

    def _attention(self, was_watched: bool) -> None:
        if self.is_watched != was_watched:
            for tell in list(self.on_attention):
                tell()

    async def lines(self, viewer: Viewer) -> bytes:
        """The next lines for a viewer, with their ends; waits until there are some. Nothing when the hub has closed."""
        while not self._is_closed:
            news = self._news
            if piece := self._piece(viewer):
                return piece
            await news.wait()
        return b""

    def close(self) -> None:
        """No more lines for anybody."""
        self._is_closed = True
        self._news.set()

    def held_lines(self) -> Iterator[bytes]:
        """All that is held, with what a reader must know before: a recording."""
        viewer = Viewer(self._held[0].number if self._held else self._next, self._next)
        while viewer.next < viewer.replays_until and (piece := self._piece(viewer)):
            yield piece

    def _piece(self, viewer: Viewer) -> bytes:
        lines: list[bytes] = []
        if self._is_lost(viewer):
            lines = self._catch_up(viewer)
        size = 0
        for held in self._from(viewer.next):
            if held.before is not None and held.worker not in viewer.known:
                lines += self._introduction(held.worker, held.at_us, held.before)
            lines.append(held.line)
            viewer.known[held.worker] = held.after
            viewer.next = held.number + 1
            size += len(held.line)
            if size > PIECE_BYTES:
                break
        return b"".join(line + b"\n" for line in lines)

    def _is_lost(self, viewer: Viewer) -> bool:
        if viewer.next >= self._next:
            return False
        if not self._held or viewer.next < self._held[0].number:
            return True
        if viewer.next < viewer.replays_until:
            return False
        oldest = next(self._from(viewer.next))
        return oldest.at_s < monotonic() - LAG_S or self._bytes - oldest.starts_at > LAG_BYTES

    def _from(self, number: int) -> Iterator[Held]:
        """The held lines from this number on. Numbers are not without gaps: see `take`."""
        if not self._held or number >= self._next:
            return iter(())
        back = 0
        for held in reversed(self._held):
            if held.number < number:
                break
            back += 1
        return islice(self._held, len(self._held) - back, None)

    def _introduction(self, worker: int, at_us: int, before: Known) -> list[bytes]:
        """For a reader of held lines whose worker's first ones are gone: who it is, and the names until then."""
        state = self.state.workers.get(worker)
        if state is None:  # gone for as long as lines are held
            return []
        names = Frame(worker, at_us, routes=state.routes[: before.routes], calls=state.calls[: before.calls])
        return [line_of(state.header), line_of(names)]

    def _catch_up(self, viewer: Viewer) -> list[bytes]:
        """Put a viewer at the end of the lines, and tell it of each worker what it does not know yet."""
        lines = []
        for worker, state in self.state.workers.items():
            known, now = viewer.known.get(worker), self._known[worker]
            if known is not None and known.since != now.since:
                known = None
            if known is None:
                lines.append(line_of(state.header))
            if known != now:
                lines.append(line_of(self._summary(state, known, now)))
            if known is not None:
                viewer.missed += now.frames - known.frames
                self.missed += now.frames - known.frames
            viewer.known[worker] = now
        viewer.next = self._next
        return lines

    def _summary(self, state: WorkerState, known: Known | None, now: Known) -> Frame:
        pid, latest = state.header.worker, state.latest
        stalls = [told.what for told in self.state.stalls if told.worker == pid]
        losses = [told.what for told in self.state.losses if told.worker == pid]
        if known is None:
            first_stall, first_loss = max(0, now.stalls - FIRST_STALLS), max(0, now.losses - FIRST_STALLS)
            known = Known(now.since, now.frames, 0, 0, first_stall, first_loss)
        return Frame(
            pid,
            latest.at_us if latest else 0,
            routes=state.routes[known.routes :],
            calls=state.calls[known.calls :],
            here=latest.here if latest else [],
            going=latest.going if latest else [],
            in_flight=latest.in_flight if latest else 0,
            stalls=stalls[len(stalls) - min(len(stalls), now.stalls - known.stalls) :],
            losses=losses[len(losses) - min(len(losses), now.losses - known.losses) :],
            pool=latest.pool if latest else None,
            loop_cpu=latest.loop_cpu if latest else 0.0,
            overdue_us=latest.overdue_us if latest else 0,
            table=state.table,
            doctor=asdict(said) if (said := self._doctor.said) is not None and self.is_watched else None,
            missed=now.frames - known.frames,
            gone=state.is_gone,
        )

    # Looking

    def stats(self) -> dict[str, int]:
        """What the console itself holds and has lost."""
        held_bytes = self._bytes - self._held[0].starts_at if self._held else 0
        return {
            "viewers": len(self._viewers),
            "held_lines": len(self._held),
            "held_bytes": held_bytes,
            "let_go": self.let_go,
            "missed": self.missed,
            "refused": self.refused,
        }
