"""What runs in a worker of the process lane: it gets ready once, then runs one call after the other.

The socket to the parent is its own, so whatever the calls print, read, or let their subprocesses do on the standard
streams cannot come between. What they print goes to the parent's standard error.
"""

from __future__ import annotations

import contextlib
import faulthandler
import gc
import importlib
import logging
import multiprocessing.spawn
import os
import pickle
import select
import socket
import sys
import threading
import time
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from clearway.model import LaneError, shown
from clearway.runtime.lanes.processes.frames import HEAD, Frame, framed
from clearway.runtime.lanes.remote import travel

LAST_WORDS_S = 1.0
"""A worker whose parent has gone ends by itself within this time."""
LOOK_S = 5.0
OUT_OF_MEMORY_SCORE = 500

is_worker = False
"""Whether this process is a worker: it has no process lane of its own."""


@dataclass(frozen=True, slots=True)
class Setup:
    """What a worker has to know before its first call."""

    arguments: list[str]
    main: dict[str, str]
    """How to import the parent's main module, in `multiprocessing.spawn`'s words; empty where nobody needs it."""
    modules: tuple[str, ...]
    """Imported in advance, so that the first call finds them."""
    niceness: int
    levels: dict[str, int] = field(default_factory=dict)
    """The parent's log levels, by logger; the root's under the empty name."""


class Link:
    """The worker's end of the socket."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._lock = threading.Lock()

    def send(self, kind: Frame, data: bytes = b"") -> None:
        with self._lock:
            if len(data) > 65_536:
                self._socket.sendall(HEAD.pack(kind, len(data)))
                self._socket.sendall(data)
            else:
                self._socket.sendall(framed(kind, data))

    def receive(self) -> tuple[Frame, bytearray] | None:
        """The next message, None when the parent has closed."""
        head = self._exactly(HEAD.size)
        if head is None:
            return None
        kind, length = HEAD.unpack(head)
        data = self._exactly(length)
        return None if data is None else (Frame(kind), data)

    def _exactly(self, length: int) -> bytearray | None:
        data = bytearray(length)
        view = memoryview(data)
        at = 0
        while at < length:
            count = self._socket.recv_into(view[at:])
            if count == 0:
                return None
            at += count
        return data


class Relay(logging.Handler):
    """Sends log records to the parent, which handles them as its own."""

    def __init__(self, link: Link) -> None:
        super().__init__()
        self._link = link

    def emit(self, record: logging.LogRecord) -> None:
        try:
            values = dict(record.__dict__)
            values["msg"], values["args"] = record.getMessage(), None
            if record.exc_info:
                values["exc_text"] = record.exc_text or logging.Formatter().formatException(record.exc_info)
            values["exc_info"] = None
            try:
                data = pickle.dumps(values)
            except Exception:  # an extra of the user's that cannot be pickled
                data = pickle.dumps({key: _plain(value) for key, value in values.items()})
            self._link.send(Frame.LOG, data)
        except Exception:
            self.handleError(record)


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, (str, int, float, bool)) else str(value)


def main(descriptor: int) -> None:
    """Serve the parent at the other end of this socket until it closes."""
    global is_worker
    is_worker = True
    sock = socket.socket(fileno=descriptor)
    sock.set_inheritable(False)
    threading.Thread(target=_end_with_parent, args=(sock, os.getppid()), name="clearway parent", daemon=True).start()
    link = Link(sock)
    try:
        _serve(link)
    except (BrokenPipeError, ConnectionResetError):  # the parent has gone in the middle of something
        os._exit(0)


def _serve(link: Link) -> None:
    first = link.receive()
    if first is None:
        return
    try:
        _get_ready(pickle.loads(first[1]), link)
    except BaseException as error:
        link.send(Frame.FAILED, _why(error).encode(errors="replace"))
        return
    link.send(Frame.READY)
    while (message := link.receive()) is not None:
        link.send(Frame.STARTED)
        outcome = travel.run(message[1])
        del message
        _flush()
        link.send(Frame.RESULT, outcome)


def _get_ready(setup: Setup, link: Link) -> None:
    os.nice(setup.niceness)
    with contextlib.suppress(OSError):  # where memory runs out, the system is to end this process and not the server
        Path("/proc/self/oom_score_adj").write_text(str(OUT_OF_MEMORY_SCORE))
    faulthandler.enable()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError):
            stream.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    try:
        multiprocessing.spawn.prepare({"name": "clearway worker", "sys_argv": setup.arguments, **setup.main})
    except SystemExit as error:  # a script that starts its server again
        raise LaneError("the main module exits when imported: guard its start with __name__ == '__main__'") from error
    for module in setup.modules:
        importlib.import_module(module)
    _take_over_logging(setup.levels, link)
    gc.collect()
    gc.freeze()  # what was imported stays: no collection needs to look at it again


def _why(error: BaseException) -> str:
    where = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error} ({shown(where.filename)}:{where.lineno})"


def _take_over_logging(levels: dict[str, int], link: Link) -> None:
    """Every record goes to the parent, also where the app's modules have set up handlers: those write there."""
    for name in list(logging.root.manager.loggerDict):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    logging.root.handlers[:] = [Relay(link)]
    for name, level in levels.items():
        logging.getLogger(name or None).setLevel(level)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()


def _end_with_parent(sock: socket.socket, parent: int) -> None:
    """A worker does not outlive its parent, not even in the middle of a call."""
    poller = select.poll()
    poller.register(sock, select.POLLHUP)
    while not poller.poll(LOOK_S * 1000) and os.getppid() == parent:
        pass
    time.sleep(LAST_WORDS_S)
    os._exit(0)
