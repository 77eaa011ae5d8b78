"""The two servers as processes on free loopback ports: plain uvicorn, and Clearway with everything on."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Literal, Self

from benchmarks import client

ROOT = Path(__file__).parent.parent
APP = "benchmarks.app:app"
HOST = "127.0.0.1"
START_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 1.0

Kind = Literal["plain", "clearway", "off"]
"""`off`: another Clearway, beside one that contains."""


class ServerError(Exception):
    """A server did not start or answer."""


def plain_command(port: int, app: str = APP) -> list[str]:
    return [
        *(sys.executable, "-m", "uvicorn", app, "--host", HOST, "--port", str(port)),
        *("--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning"),
    ]


def clearway_command(port: int, console_port: int, extra: Sequence[str] = (), app: str = APP) -> list[str]:
    return [
        *(sys.executable, "-m", "clearway", "run", app, "--host", HOST, "--port", str(port)),
        *("--no-access-log", "--console", f"{HOST}:{console_port}", *extra),
    ]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


class Server:
    """One server process, stopped at the end of the `with` block whatever happens in it."""

    def __init__(self, kind: Kind, extra: Sequence[str] = (), app: str = APP) -> None:
        self.kind = kind
        self.port = free_port()
        self.console_port = free_port()
        self.command = (
            plain_command(self.port, app)
            if kind == "plain"
            else clearway_command(self.port, self.console_port, extra, app)
        )
        self._log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - `stop` closes it
        self._process: subprocess.Popen[bytes] | None = None

    def url(self, target: str) -> str:
        return f"http://{HOST}:{self.port}{target}"

    @property
    def pid(self) -> int:
        assert self._process is not None, "the server was not started"
        return self._process.pid

    def start(self) -> None:
        """Start the process without waiting for it. A session of its own keeps Ctrl-C for the benchmark."""
        self._process = subprocess.Popen(
            self.command,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def wait_until_ready(self, target: str = "/async/") -> None:
        """Return when the app answers. Raises ServerError with the server's last words when it does not."""
        assert self._process is not None, "the server was not started"
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                break
            with contextlib.suppress(OSError, ServerError):
                self.get(target, timeout_s=1.0)
                return
            time.sleep(0.05)
        raise ServerError(f"the {self.kind} server does not answer: {' '.join(self.command)}\n{self.last_words()}")

    def get(self, target: str, timeout_s: float) -> bytes:
        """The body of an answer. Raises ServerError for a status other than 200, OSError for none."""

        async def ask() -> tuple[int, bytes]:
            async with asyncio.timeout(timeout_s):
                return await client.get(self.url(target))

        status, body = asyncio.run(ask())
        if status != 200:
            raise ServerError(f"the {self.kind} server answered {status} for {target}")
        return body

    def last_words(self) -> str:
        """The end of what the server printed."""
        self._log.seek(0)
        return self._log.read()[-2000:].decode(errors="replace")

    def memory_kib(self) -> int:
        """Resident memory of the server's process."""
        return self._status("VmRSS")

    def threads(self) -> int:
        return self._status("Threads")

    def cpu_s(self, thread: int | None = None) -> float:
        """Processor time that the process, or one thread of it, has used so far, in steps of 10 ms."""
        place = f"/proc/{self.pid}" if thread is None else f"/proc/{self.pid}/task/{thread}"
        stat = Path(f"{place}/stat").read_text()
        user, system = stat.rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    def _status(self, name: str) -> int:
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1])
        raise ServerError(f"/proc/{self.pid}/status has no {name}")

    def stop(self) -> None:
        """End the process and its children: kindly first, within a bounded time in any case."""
        if self._process is None:
            return
        for sign, timeout_s in ((signal.SIGTERM, STOP_TIMEOUT_S), (signal.SIGKILL, STOP_TIMEOUT_S)):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, sign)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout_s)
        self._log.close()
        self._process = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.stop()


@contextlib.contextmanager
def both(opponent: Kind = "clearway", extra: Sequence[str] = ()) -> Iterator[dict[Kind, Server]]:
    """Plain uvicorn and Clearway (or what stands in its place), both up and answering."""
    with Server("plain") as plain, Server(opponent, extra) as clearway:
        plain.wait_until_ready()
        clearway.wait_until_ready()
        yield {"plain": plain, "clearway": clearway}
