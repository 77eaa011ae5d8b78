"""A hub's lines in a file, bounded and rotating, for `clearway run --record FILE`.

The hub's listener only puts lines into a bounded queue; a thread of its own writes them once a second. Each file begins
with who speaks and all names known until then, so that it can be read alone, by `clearway.console.recording`.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import threading
from dataclasses import dataclass, field
from io import FileIO
from typing import TYPE_CHECKING, NamedTuple

from clearway.console.recording import is_recording
from clearway.frames import Frame, Header, line_of
from clearway.model import ClearwayError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from clearway.console.hub import Hub

MB = 1_000_000
LEAST_LIMIT_MB = 8
USUAL_LIMIT_MB = 256
FLUSH_S = 1.0
WAITING_BYTES = 16 * MB
"""Lines that wait for the disk. Those that find no room are counted as missed, and what must be known is kept."""
BATCH_BYTES = MB
"""So much is written at once, and without waiting for the next second."""
STOP_TIMEOUT_S = 5.0
MOST_MISSED = 200
"""Stalls, and losses, that are kept of missed frames."""


class Entry(NamedTuple):
    """A line on its way to the file, and what has to stand at the beginning of the next file because of it."""

    line: bytes
    worker: int
    header: Header | None
    at_us: int
    routes: list[str]
    calls: list[str]
    gone: bool

    @classmethod
    def of(cls, item: Header | Frame, line: bytes) -> Entry:
        if isinstance(item, Header):
            return cls(line, item.worker, item, 0, [], [], False)
        return cls(line, item.worker, None, item.at_us, item.routes, item.calls, item.gone)


class Queue:
    """Between the hub's thread and the writing one. Never waits."""

    def __init__(self) -> None:
        self.missed = 0
        """Frames that found no room."""
        self.wake = threading.Event()
        """Set when there is much to write."""
        self._lock = threading.Lock()
        self._entries: list[Entry] = []
        self._bytes = 0
        self._lost: dict[int, Frame] = {}
        """By worker: what must be known of its frames since the first that found no room."""
        self._is_closed = False

    def put(self, item: Header | Frame, line: bytes) -> None:
        with self._lock:
            if self._is_closed:
                return
            if isinstance(item, Frame) and (item.worker in self._lost or self._bytes + len(line) > WAITING_BYTES):
                self.missed += 1
                self._lost[item.worker] = _summed(self._lost.get(item.worker), item)
                return
            if isinstance(item, Header):
                self._lost.pop(item.worker, None)  # of an earlier process with this id
            self._entries.append(Entry.of(item, line))
            self._bytes += len(line)
            if self._bytes > BATCH_BYTES:
                self.wake.set()

    def taken(self) -> list[Entry]:
        """All that is there, in order."""
        with self._lock:
            entries, lost = self._entries, list(self._lost.values())
            self._entries, self._bytes = [], 0
            self._lost.clear()
        return entries + [Entry.of(frame, line_of(frame)) for frame in lost]

    def close(self) -> None:
        """Take nothing any more."""
        with self._lock:
            self._is_closed = True
            self._entries.clear()
            self._lost.clear()


def _summed(before: Frame | None, frame: Frame) -> Frame:
    """Of frames that are missed: the names, without which later ones would be misread, the latest stalls and losses."""
    before = before or Frame(frame.worker, 0)
    return Frame(
        frame.worker,
        frame.at_us,
        routes=before.routes + frame.routes,
        calls=before.calls + frame.calls,
        stalls=(before.stalls + frame.stalls)[-MOST_MISSED:],
        losses=(before.losses + frame.losses)[-MOST_MISSED:],
        pool=frame.pool,
        in_flight=frame.in_flight,
        missed=before.missed + frame.missed + 1,
        gone=frame.gone,
    )


@dataclass
class _Speaker:
    """A worker, as the writing thread knows it."""

    header: Header
    at_us: int = 0
    routes: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)

    def lines(self) -> list[bytes]:
        names = Frame(self.header.worker, self.at_us, routes=self.routes, calls=self.calls)
        return [line_of(self.header), *([line_of(names)] if self.routes or self.calls else [])]


class FileRecorder:
    """Writes what a hub hears to `path`, and to `path`.1 what came before; both together take at most `limit_mb`.

    Raises ClearwayError where nothing can be written, or where something else than a recording would be replaced. What
    goes wrong later is told by `tell` in one line, and recording ends.
    """

    def __init__(self, path: Path, limit_mb: int, tell: Callable[[str], None]) -> None:
        self.path = path
        self.older = path.with_name(f"{path.name}.1")
        self.written = 0
        """Bytes, those of files that have been replaced included."""
        self._most = limit_mb * MB // 2
        self._tell = tell
        self._queue = Queue()
        self._speakers: dict[int, _Speaker] = {}
        self._size = 0
        self._has_failed = False
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="clearway-recording", daemon=True)
        for each in (self.path, self.older):
            self._refuse_to_replace(each, limit_mb)
        try:
            if self.path.exists() and self.path.stat().st_size:
                self.path.replace(self.older)
            self._file = self._opened()
        except OSError as error:
            raise self._cannot(error) from None

    def _refuse_to_replace(self, path: Path, limit_mb: int) -> None:
        try:
            if not path.exists():
                return
            if not path.is_file():
                raise ClearwayError(f"--record {self.path}: {path} is no file; choose another name")
            size = path.stat().st_size
            if self._is_being_written(path):
                raise ClearwayError(f"--record {self.path}: another process records to {path}; choose another name")
            if size and not is_recording(path):
                raise ClearwayError(f"--record {self.path}: {path} is there and is no recording; choose another name")
        except OSError as error:
            raise self._cannot(error) from None
        if size > self._most:
            raise ClearwayError(
                f"--record {self.path}: {path} has {size / MB:.0f} MB, more than half of the limit of {limit_mb} MB; "
                "move it away, or raise --record-limit"
            )

    @staticmethod
    def _is_being_written(path: Path) -> bool:
        with path.open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
            except OSError:  # not every file system knows locks
                return False
        return False

    def _cannot(self, error: OSError) -> ClearwayError:
        return ClearwayError(f"--record {self.path}: {error.strerror or error}; choose a place that can be written")

    def _opened(self) -> FileIO:
        file = FileIO(self.path, "wb")
        with contextlib.suppress(OSError):  # not every file system knows locks
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return file

    def start(self, hub: Hub) -> None:
        """Record from now on. To be called before the hub runs, so that no name is missed."""

        def listener(item: Header | Frame, line: bytes) -> None:
            if self._has_failed:
                hub.unlisten(listener)
            else:
                self._queue.put(item, line)

        hub.listen(listener)
        self._thread.start()

    @property
    def missed(self) -> int:
        """Frames that the disk was too slow for, or that the limit leaves no room for."""
        return self._queue.missed

    def stop(self) -> str:
        """Write what is left and close the file. The line to print about it."""
        self._stopping.set()
        self._queue.wake.set()
        self._thread.join(STOP_TIMEOUT_S)
        missed = f", {self.missed} frames missed: the disk was too slow for them" if self.missed else ""
        amount = f"{self.written / MB:.1f} MB" if self.written >= MB else f"{self.written / 1000:.0f} kB"
        return f"recorded {amount} in {self.path}{missed}"

    # The writing thread

    def _run(self) -> None:
        try:
            is_last = False
            while not is_last:
                self._queue.wake.wait(FLUSH_S)
                self._queue.wake.clear()
                is_last = self._stopping.is_set()
                self._write(self._queue.taken())
        except OSError as error:
            self._has_failed = True
            self._queue.close()
            self._tell(f"recording ends: {self.path}: {error.strerror or error}; the service goes on")
        finally:
            self._file.close()

    def _write(self, entries: list[Entry]) -> None:
        batch: list[bytes] = []
        waiting = 0
        for entry in map(self._shortened, entries):
            size = len(entry.line) + 1
            if self._size + waiting + size > self._most or waiting + size > BATCH_BYTES:
                self._put(batch)
                batch, waiting = [], 0
            if self._size + size > self._most:
                self._rotate()
            self._learn(entry)
            batch.append(entry.line)
            waiting += size
        self._put(batch)

    def _shortened(self, entry: Entry) -> Entry:
        """A line that might find no room beside the names that a file begins with, without all but its own names."""
        if len(entry.line) < self._most // 2:
            return entry
        self._queue.missed += 1
        names = Frame(entry.worker, entry.at_us, routes=entry.routes, calls=entry.calls, missed=1, gone=entry.gone)
        return entry._replace(line=line_of(names))

    def _put(self, lines: list[bytes]) -> None:
        data = memoryview(b"".join(line + b"\n" for line in lines))
        while data:
            written = self._file.write(data)
            self._size += written
            self.written += written
            data = data[written:]

    def _rotate(self) -> None:
        self._file.close()
        self.path.replace(self.older)
        self._file = self._opened()
        self._size = 0
        lines = [line for speaker in self._speakers.values() for line in speaker.lines()]
        if sum(len(line) + 1 for line in lines) > self._most // 2:
            raise OSError(errno.EFBIG, "the names of routes and calls leave too little room; raise --record-limit")
        self._put(lines)

    def _learn(self, entry: Entry) -> None:
        if entry.header is not None:
            self._speakers[entry.worker] = _Speaker(entry.header)
        elif (speaker := self._speakers.get(entry.worker)) is not None:
            speaker.at_us = entry.at_us
            speaker.routes += entry.routes
            speaker.calls += entry.calls
            if entry.gone:
                del self._speakers[entry.worker]
