"""A worker of the process lane as its parent knows it: a process, a socket, and the call that it runs."""

from __future__ import annotations

import contextlib
import logging
import os
import pickle
import signal
import socket
import subprocess
import sys
from collections import deque
from time import monotonic
from typing import TYPE_CHECKING, Protocol

from clearway.runtime.lanes.processes.frames import HEAD, Frame, FrameBuffer, framed

if TYPE_CHECKING:
    import asyncio

    from clearway.runtime.lanes.processes.child_main import Setup
    from clearway.runtime.lanes.remote.flight import Flight

PIECE = 1 << 20
END_S = 2.0
"""How long a process that was told to end, or to die, may take for it."""
SEARCH_PATH = "CLEARWAY_WORKER_PATH"
_BOOT = (
    f"import os, sys; sys.path[:] = os.environ.pop({SEARCH_PATH!r}).split(os.pathsep); "
    "from clearway.runtime.lanes.processes.child_main import main; main({descriptor})"
)


class Owner(Protocol):
    """Who is told what a worker does, on the loop's thread."""

    def ready(self, child: Child) -> None: ...
    def failed(self, child: Child, reason: str) -> None: ...
    def started(self, child: Child) -> None: ...
    def returned(self, child: Child, outcome: bytes) -> None: ...
    def gone(self, child: Child) -> None: ...


class Child:
    """One worker process. Made in any thread, then used on the loop's alone."""

    def __init__(self) -> None:
        """Start the process. Raises OSError where the system has none to give."""
        self._socket, theirs = socket.socketpair()
        try:
            self._process = subprocess.Popen(
                _command(theirs.fileno()),
                stdin=subprocess.DEVNULL,
                stdout=_standard_error(),
                env={**os.environ, SEARCH_PATH: os.pathsep.join(map(str, sys.path))},
                pass_fds=(theirs.fileno(),),
                # Ctrl-C in a terminal is for the server; and what a call has started can be ended with it. Not a
                # session of its own: Linux may weigh each session as a whole, and priorities would count for nothing.
                process_group=0,
            )
        except BaseException:
            self._socket.close()
            raise
        finally:
            theirs.close()
        self._socket.setblocking(False)
        self.pid = self._process.pid
        self.is_ready = False
        self.flight: Flight | None = None
        """The call that it runs."""
        self.idle_since = monotonic()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._owner: Owner | None = None
        self._buffer = FrameBuffer()
        self._unsent: deque[memoryview] = deque()

    def attach(self, loop: asyncio.AbstractEventLoop, owner: Owner, setup: Setup) -> None:
        """Talk to it from this loop, and tell it to get ready."""
        self._loop, self._owner = loop, owner
        loop.add_reader(self._socket.fileno(), self._receive)
        self.send(Frame.SETUP, pickle.dumps(setup))

    def send(self, kind: Frame, data: bytes = b"") -> None:
        """Send a message; what the socket does not take at once follows when it does."""
        was_empty = not self._unsent
        if len(data) > 65_536:
            self._unsent += (memoryview(HEAD.pack(kind, len(data))), memoryview(data))
        else:
            self._unsent.append(memoryview(framed(kind, data)))
        if was_empty:
            self._write()

    def _write(self) -> None:
        unsent = self._unsent
        while unsent:
            try:
                count = self._socket.send(unsent[0])
            except (BlockingIOError, InterruptedError):
                if self._loop is not None:
                    self._loop.add_writer(self._socket.fileno(), self._write)
                return
            except OSError:  # it has died; reading says so too
                unsent.clear()
                break
            if count < len(unsent[0]):
                unsent[0] = unsent[0][count:]
            else:
                unsent.popleft()
        if self._loop is not None and self._socket.fileno() >= 0:
            self._loop.remove_writer(self._socket.fileno())

    def _receive(self) -> None:
        try:
            piece = self._socket.recv(PIECE)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            piece = b""
        owner = self._owner
        if owner is None:
            return
        if not piece:
            self.close()
            owner.gone(self)
            return
        for kind, data in self._buffer.feed(piece):
            if kind is Frame.RESULT:
                owner.returned(self, data)
            elif kind is Frame.STARTED:
                owner.started(self)
            elif kind is Frame.LOG:
                self._log(data)
            elif kind is Frame.READY:
                self.is_ready = True
                owner.ready(self)
            elif kind is Frame.FAILED:
                owner.failed(self, data.decode(errors="replace"))

    def _log(self, data: bytes) -> None:
        """Handle the worker's record as one of this process, in the context of the request that called."""
        record = logging.makeLogRecord(pickle.loads(data))
        logger = logging.getLogger(record.name)
        if not logger.isEnabledFor(record.levelno):
            return
        if self.flight is not None:
            self.flight.context.run(logger.handle, record)
        else:
            logger.handle(record)

    def has_ended(self) -> bool:
        """Whether the process has died, whatever its socket says: a process that it forked may hold that."""
        return self._process.poll() is not None

    def memory_bytes(self) -> int:
        """Resident memory; 0 where the system does not say."""
        try:
            with open(f"/proc/{self.pid}/statm", "rb") as file:
                return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        except (OSError, IndexError, ValueError):
            return 0

    def close(self) -> None:
        """Let go of the socket: a worker that rests ends by itself then."""
        self._owner = None
        descriptor = self._socket.fileno()
        if descriptor >= 0:
            if self._loop is not None and not self._loop.is_closed():
                self._loop.remove_reader(descriptor)
                self._loop.remove_writer(descriptor)
            self._socket.close()
        self._unsent.clear()

    def kill(self) -> None:
        """End it now, and what it has started with it."""
        self.close()
        if self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)

    def reap(self, within_s: float = END_S) -> str:
        """Wait until the process has ended, and say how. Not on the loop's thread: it may take moments."""
        try:
            code = self._process.wait(within_s)
        except subprocess.TimeoutExpired:
            self.kill()
            code = self._process.wait()
        if code >= 0:
            return f"worker {self.pid} ended with exit code {code}"
        try:
            name = signal.Signals(-code).name
        except ValueError:
            name = str(-code)
        hint = ", as the system does when memory runs out" if -code == signal.SIGKILL else ""
        return f"worker {self.pid} was killed by signal {name}{hint}"


def _command(descriptor: int) -> list[str]:
    flags = subprocess._args_from_interpreter_flags()  # type: ignore[attr-defined]
    return [sys.executable, *flags, "-c", _BOOT.format(descriptor=descriptor)]


def _standard_error() -> int:
    """Where a worker's output goes: this process's standard error, if it has one."""
    try:
        os.fstat(2)
    except OSError:
        return subprocess.DEVNULL
    return 2
