"""What the service leans on, each part a process that can be taken away: an upstream, a scheduler and its workers."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from benchmarks.servers import HOST, ROOT, free_port

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

START_TIMEOUT_S = 30.0

_UPSTREAM = """
import asyncio, sys
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
import uvicorn

async def slow(request):
    await asyncio.sleep(0.1)
    return PlainTextResponse("slow")

uvicorn.run(Starlette(routes=[Route("/", slow)]), host=sys.argv[1], port=int(sys.argv[2]), log_level="critical")
"""


class Part:
    """One process on a port of its own; `restart` brings it back on the same one."""

    def __init__(self, command: Sequence[str], port: int | None, environment: Mapping[str, str] | None = None) -> None:
        self.port = port
        self._command = command
        self._environment = {**os.environ, **(environment or {})}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Returns when the port answers. Raises TimeoutError."""
        self._process = subprocess.Popen(
            self._command,
            cwd=ROOT,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        deadline = time.monotonic() + START_TIMEOUT_S
        while self.port is not None and time.monotonic() < deadline:
            with contextlib.suppress(OSError), socket.create_connection((HOST, self.port), timeout=1.0):
                return
            time.sleep(0.05)
        if self.port is not None:
            raise TimeoutError(f"{' '.join(self._command[:4])} does not listen on port {self.port}")

    def stop(self) -> None:
        """At once, and with its children."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None


def upstream() -> Part:
    """An HTTP server that takes 100 ms for an answer."""
    port = free_port()
    return Part([sys.executable, "-c", _UPSTREAM, HOST, str(port)], port)


def scheduler() -> Part:
    """A Dask scheduler."""
    port = free_port()
    command = [sys.executable, "-m", "distributed.cli.dask_scheduler"]
    return Part([*command, "--host", HOST, "--port", str(port), "--no-dashboard"], port)


def worker(address: str) -> Part:
    """A worker of it. It ends when its scheduler does."""
    command = [sys.executable, "-m", "distributed.cli.dask_worker"]
    return Part(
        [*command, address, "--nthreads", "1", "--no-dashboard", "--host", HOST, "--memory-limit", "0"],
        None,
        {"PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])},
    )
