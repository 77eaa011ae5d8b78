"""Reads recordings: files of headers and frames, one a line, perhaps packed by gzip.

What is read here may be old, cut off, or made to do harm: whatever is no recording is a FrameError that says why, and
what comes through can be given to `State` and to the exports.
"""

from __future__ import annotations

import contextlib
import gzip
import zlib
from typing import IO, TYPE_CHECKING, cast

from clearway.console.soundness import what_is_wrong
from clearway.console.state import State
from clearway.frames import Frame, FrameError, Header, read_header, read_line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LONGEST_LINE = 64 << 20
_GZIP = b"\x1f\x8b"


def read(path: Path) -> Recording:
    """The items of a recording. Raises FrameError at once for a file that cannot be read or is no recording."""
    return Recording(path)


def replay(path: Path) -> State:
    """What a recording comes to. Raises FrameError."""
    state = State()
    for item in read(path):
        state.take(item)
    return state


def is_recording(path: Path) -> bool:
    """Whether a file begins as a recording of any version does. Raises OSError."""
    with _opened(path) as file:
        try:
            start = file.readline(LONGEST_LINE)
        except (EOFError, zlib.error):
            return False
    try:
        read_header(start)
    except FrameError:
        return b'"clearway.frames/' in start
    return True


class Recording:
    """An iterator over a recording's items. Raises FrameError with the number of the line that is broken.

    A last line that is cut off, as where the recording process was killed, ends it and is counted in `cut_off`.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.line = b""
        """The line that was read last, as it stands in the file."""
        self.number = 0
        """Its number, from 1."""
        self.cut_off = 0
        self.has_frames = False
        try:
            self._file = _opened(path)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise FrameError(f"{path}: {reason}; give a recording of Clearway's") from None
        self._next: Header | Frame | None = None
        with self._closing_where_broken():
            self._next = self._first()

    def __iter__(self) -> Iterator[Header | Frame]:
        return self

    def __next__(self) -> Header | Frame:
        item, self._next = self._next, None
        if item is None:
            with self._closing_where_broken():
                item = self._read()
                if item is None and not self.has_frames:
                    raise FrameError(f"{self.path}: this recording ends before its first frame")
        if item is None:
            self.close()
            raise StopIteration
        self.has_frames = self.has_frames or isinstance(item, Frame)
        return item

    def close(self) -> None:
        """Read no further. At its end and where it is broken, a recording closes itself."""
        self._file.close()

    @contextlib.contextmanager
    def _closing_where_broken(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            self.close()
            raise

    def _first(self) -> Header:
        line = self._line()
        if not line.strip():
            raise FrameError(f"{self.path}: this file is empty: it is no recording of Clearway's")
        try:
            header = read_header(line)
        except FrameError as error:
            raise FrameError(f"{self.path}: {error}") from None
        return header

    def _read(self) -> Header | Frame | None:
        """The next item; None at the end."""
        while line := self._line():
            if not line.strip():
                continue
            try:
                item = read_line(line)
                if isinstance(item, Frame) and (wrong := what_is_wrong(item)) is not None:
                    raise FrameError(f"a frame is broken: {wrong}")
            except FrameError as error:
                number = self.number
                if not line.endswith(b"\n") and not self._line():
                    self.cut_off += 1
                    return None
                raise FrameError(f"{self.path}: line {number}: {error}") from None
            return item
        return None

    def _line(self) -> bytes:
        try:
            line = self._file.readline(LONGEST_LINE)
        except EOFError:  # a packed file that was cut off
            self.cut_off += 1
            return b""
        except (OSError, zlib.error) as error:
            raise FrameError(f"{self.path}: line {self.number + 1}: {error}") from None
        if line:
            self.number += 1
            self.line = line
        if len(line) == LONGEST_LINE and not line.endswith(b"\n"):
            raise FrameError(f"{self.path}: line {self.number}: longer than any line of a recording")
        return line


def _opened(path: Path) -> IO[bytes]:
    file = path.open("rb")
    if file.peek(2)[:2] != _GZIP:
        return file
    file.close()
    return cast("IO[bytes]", gzip.open(path))
