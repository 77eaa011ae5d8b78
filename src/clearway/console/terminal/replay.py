"""A recording as it is played: forwards at any speed, and back by beginning anew."""

from __future__ import annotations

from bisect import bisect_right
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple

from clearway.console.recording import read
from clearway.console.terminal.seen import Seen
from clearway.frames import FrameError, Header, read_line

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SPEEDS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0)


class Line(NamedTuple):
    """A line that can be read, and where it stands in the recording's time."""

    at_us: int
    line: bytes


class Recording(NamedTuple):
    """The lines of a file up to the first that is broken."""

    lines: list[Line]
    start_us: int
    """Of the first frame."""
    broken: str | None
    """What is wrong with the next one; None where the file is whole."""


def read_recording(path: Path) -> Recording:
    """Raises FrameError, one line, where the file is no recording or cannot be read."""
    lines: list[Line] = []
    offsets: dict[int, int] = {}
    origin: float | None = None
    at_us, start_us, broken = 0, None, None
    recording = read(path)
    try:
        for item in recording:
            if isinstance(item, Header):
                origin = item.origin if origin is None else origin
                offsets[item.worker] = round((item.origin - origin) * 1e6)
            else:
                # Times of several workers come a little out of order; what is played goes on.
                at_us = max(at_us, item.at_us + offsets.get(item.worker, 0))
                start_us = at_us if start_us is None else start_us
            lines.append(Line(at_us, recording.line))
    except FrameError as error:
        if start_us is None:
            raise
        broken = f"{str(error).removeprefix(f'{path}: ')}; what comes before it is shown"
    assert start_us is not None, "a recording without a frame is an error"
    if recording.cut_off:
        broken = f"line {recording.number}: it is cut off; what comes before it is shown"
    return Recording(lines, start_us, broken)


class Replay:
    """Stands somewhere in a recording, and moves on while it plays. Opens at its end."""

    def __init__(self, recording: Recording, clock: Callable[[], float] = monotonic) -> None:
        self.recording = recording
        self.seen = Seen()
        self.speed = 1.0
        self.is_playing = False
        self._clock = clock
        self._next = 0
        self.start_us, self.end_us = recording.start_us, recording.lines[-1].at_us
        self.at_us: float = 0
        self._looked_at = clock()
        self.seek(self.end_us)

    @property
    def is_at_end(self) -> bool:
        return self._next >= len(self.recording.lines)

    def pull(self) -> bool:
        """Go as far as the clock has gone. Whether anything has changed."""
        now = self._clock()
        passed_s, self._looked_at = now - self._looked_at, now
        if not self.is_playing:
            return False
        self.seek(self.at_us + passed_s * 1e6 * self.speed)
        self.is_playing = not self.is_at_end
        return True

    def toggle(self) -> None:
        """Play or stand still; from the end, play from the start."""
        if not self.is_playing and self.is_at_end:
            self.seek(self.start_us)
        self.is_playing = not self.is_playing
        self._looked_at = self._clock()

    def faster(self, by: int) -> None:
        """To the next of `SPEEDS`, or with -1 to the one before."""
        place = SPEEDS.index(self.speed) + by
        self.speed = SPEEDS[min(max(place, 0), len(SPEEDS) - 1)]

    def move(self, seconds: float) -> None:
        self.seek(self.at_us + seconds * 1e6)

    def step(self, by: int) -> None:
        """To the next frame, or with -1 to the one before; stands still there."""
        self.is_playing = False
        lines = self.recording.lines
        if by > 0:
            self.seek(lines[min(self._next, len(lines) - 1)].at_us)
        else:
            here = lines[self._next - 1].at_us
            before = bisect_right(lines, here - 1, key=lambda line: line.at_us)
            self.seek(lines[max(before - 1, 0)].at_us)

    def seek(self, at_us: float) -> None:
        """To a time; what is known there is what the lines until then have told."""
        self.at_us = min(max(at_us, self.start_us), self.end_us)
        until = bisect_right(self.recording.lines, self.at_us, key=lambda line: line.at_us)
        if until < self._next:
            self.seen, self._next = Seen(), 0
        for line in self.recording.lines[self._next : until]:
            self.seen.take(read_line(line.line))
        self._next = until
