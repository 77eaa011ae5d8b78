"""The frames of worker processes on their way to the console in the parent: lines over a private unix socket.

A worker sends its header and then frames; the parent answers with one byte, whether somebody looks. A parent that does
not read makes its workers wait in a thread of their own, where they miss events and count them.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import select
import shutil
import socket
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clearway.console.hub import PACE_S, REST_S
from clearway.console.totals import summed
from clearway.frames import Frame, FrameError, Header, line_of, read_line

if TYPE_CHECKING:
    from clearway.console.hub import Hub
    from clearway.console.state import WorkerState
    from clearway.runtime import Runtime

MOST_LINE = 8 << 20
"""Bytes of a line; a worker that sends a longer one is heard no more."""
LONGEST_PATH = 100
"""A unix socket's path must fit into 108 bytes."""
WATCHED, RESTING = b"1", b"0"

_log = logging.getLogger("clearway.console")


class WorkerFrames:
    """The parent's end: a hub's source. Made before the workers start, so that they find it."""

    def __init__(self) -> None:
        folder = tempfile.mkdtemp(prefix="clearway-console-")  # for this user alone, as mkdtemp makes them
        if len(folder) > LONGEST_PATH - len("/frames"):
            Path(folder).rmdir()
            folder = tempfile.mkdtemp(prefix="clearway-console-", dir="/tmp")
        self._folder = folder
        self.path = f"{folder}/frames"
        """Where workers connect."""
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.bind(self.path)
        self._socket.listen(128)
        self._writers: set[asyncio.StreamWriter] = set()

    async def run(self, hub: Hub) -> None:
        """Listen to the workers."""

        def attention() -> None:
            for writer in self._writers:
                writer.write(WATCHED if hub.is_watched else RESTING)

        async def worker(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self._writers.add(writer)
            writer.write(WATCHED if hub.is_watched else RESTING)
            try:
                await self._listen(hub, reader)
            finally:
                self._writers.discard(writer)
                writer.close()

        hub.on_attention.append(attention)
        server = await asyncio.start_unix_server(worker, sock=self._socket, limit=MOST_LINE)
        try:
            await asyncio.get_running_loop().create_future()  # until cancelled
        finally:
            server.close()

    @staticmethod
    async def _listen(hub: Hub, reader: asyncio.StreamReader) -> None:
        header: Header | None = None
        try:
            while line := await reader.readline():
                item = read_line(line)
                if isinstance(item, Header):
                    header = item
                elif header is None or item.worker != header.worker:
                    raise FrameError("a frame of a worker that has not said who it is")
                hub.take(item, line.rstrip(b"\n"))
        except (FrameError, ValueError, LookupError, TypeError) as error:  # ValueError: longer than the limit
            _log.error("a worker's frames cannot be read, and it is missing in the console: %s", error)
        except OSError:
            pass  # it was killed
        finally:
            if header is not None:
                hub.gone(header.worker)

    def snapshot(self, hub: Hub, worker: int | None) -> dict[str, Any]:
        """The latest picture of one worker, at most a second old while somebody looks and five otherwise, or the sum.

        Raises LookupError where there is none.
        """
        workers = hub.state.workers
        if worker is not None:
            table = workers[worker].table if worker in workers else None
            if table is None:
                raise LookupError(f"no worker {worker}: there are {', '.join(map(str, _alive(hub))) or 'none'}")
            return table
        tables = {pid: table for pid, state in _alive(hub).items() if (table := state.table) is not None}
        if not tables:
            raise LookupError("no worker serves just now")
        return summed(tables)

    def close(self) -> None:
        """After the console has stopped."""
        self._socket.close()
        shutil.rmtree(self._folder, ignore_errors=True)


def _alive(hub: Hub) -> dict[int, WorkerState]:
    return {pid: state for pid, state in hub.state.workers.items() if not state.is_gone}


class FrameSender:
    """A worker's end: a thread that sends frames. The app never waits for it."""

    def __init__(self, runtime: Runtime, app: str, path: str) -> None:
        from clearway.runtime.records.feed import Feed  # the parent needs none of it

        self._feed = Feed(runtime, app)
        self._path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._thread = threading.Thread(target=self._run, name="clearway-frames", daemon=True)
        self._is_watched = False
        self._failed: set[type[Exception]] = set()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End the thread, also in the middle of a line."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(1.0)
        self._socket.close()

    def _run(self) -> None:
        try:
            self._socket.connect(self._path)
            self._send(self._feed.header())
            while True:
                if (frame := self._frame()) is not None:
                    self._send(frame)
                if not self._pause():
                    return
        except (OSError, ValueError):
            return  # the parent has gone, or this worker stops

    def _send(self, item: Header | Frame) -> None:
        self._socket.sendall(line_of(item) + b"\n")

    def _frame(self) -> Frame | None:
        try:
            return self._feed.frame(watched=self._is_watched)
        except Exception as error:
            if type(error) not in self._failed:
                self._failed.add(type(error))
                _log.exception("a worker could not make a frame for the console")
            return None

    def _pause(self) -> bool:
        """Until the next frame is due, or somebody begins to look. False when the parent has gone."""
        ready, _, _ = select.select([self._socket], [], [], PACE_S if self._is_watched else REST_S)
        if ready:
            told = self._socket.recv(64)
            self._is_watched = told[-1:] == WATCHED
            return bool(told)
        return True
