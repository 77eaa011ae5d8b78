"""A Dask scheduler and its workers as processes on loopback, for tests to kill and start again."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

PATIENCE_S = 40.0
ROOT = Path(__file__).parents[3]

# The process alone is killed with SIGKILL; `--no-nanny` means that nobody starts another.
_QUICK = ("--host", "127.0.0.1", "--no-dashboard")
_PATH = os.pathsep.join([str(ROOT / "src"), str(ROOT)])


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port: int = sock.getsockname()[1]
        return port


class Machines:
    """One scheduler and so many workers of one thread each."""

    def __init__(self, folder: Path, environment: Mapping[str, str] | None = None, protocol: str = "tcp") -> None:
        self.port = free_port()
        self.address = f"{protocol}://127.0.0.1:{self.port}"
        self._options = (*_QUICK, "--protocol", protocol)
        self._folder = folder
        self._environment = {**os.environ, "PYTHONPATH": _PATH, **(environment or {})}
        self.scheduler: subprocess.Popen[bytes] | None = None
        self.workers: dict[int, subprocess.Popen[bytes]] = {}

    def start_scheduler(self) -> None:
        self.scheduler = self._start("scheduler", "--port", str(self.port), *self._options)

    def start_worker(self, environment: Mapping[str, str] | None = None, *options: str) -> int:
        """The worker's process id."""
        arguments = ("worker", self.address, "--no-nanny", "--nthreads", "1", *self._options, *options)
        process = self._start(*arguments, environment=environment)
        self.workers[process.pid] = process
        return process.pid

    def _start(self, *arguments: str, environment: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
        with open(self._folder / f"{arguments[0]}.log", "ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "dask", *arguments],
                cwd=self._folder,
                env={**self._environment, **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def wait_for_scheduler(self) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return
            assert time.monotonic() < deadline, "the scheduler does not listen"
            time.sleep(0.02)

    def kill_scheduler(self) -> None:
        """And the workers with it, which Dask ends when their scheduler has gone."""
        assert self.scheduler is not None
        self.scheduler.kill()
        self.scheduler.wait()
        for pid in list(self.workers):
            self.kill_worker(pid)

    def kill_worker(self, pid: int) -> None:
        process = self.workers.pop(pid)
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGKILL)
        process.wait()

    def revive(self, count: int) -> None:
        """Start workers until there are so many again. They are not waited for."""
        for pid, process in list(self.workers.items()):
            if process.poll() is not None:
                del self.workers[pid]
        while len(self.workers) < count:
            self.start_worker()

    def stop(self) -> None:
        for pid in list(self.workers):
            self.kill_worker(pid)
        if self.scheduler is not None:
            self.scheduler.kill()
            self.scheduler.wait()


@contextlib.contextmanager
def machines(
    folder: Path, workers: int, environment: Mapping[str, str] | None = None, protocol: str = "tcp"
) -> Iterator[Machines]:
    """Started, but not waited for: a client waits for the scheduler, calls wait for workers."""
    made = Machines(folder, environment, protocol)
    try:
        made.start_scheduler()
        for _ in range(workers):
            made.start_worker()
        made.wait_for_scheduler()
        yield made
    finally:
        made.stop()
