"""A `clearway run` in a process of its own, for tests to ask, signal and read."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Any, TypeVar

import httpx

T = TypeVar("T")

PATIENCE_S = 30.0
"""How long a test waits for something that has to happen; generous, because nothing else ends the wait."""


def until(happened: Callable[[], T | None], what: str = "", timeout_s: float = PATIENCE_S) -> T:
    """Ask again and again until the answer is true, and return it."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if answer := happened():
            return answer
        time.sleep(0.01)
    raise AssertionError(f"not within {timeout_s} s: {what or happened}")


class Served:
    """The process, its lines so far, and where it serves."""

    def __init__(self, arguments: Sequence[str], folder: Path) -> None:
        # A group of its own, so that a test can press Ctrl-C as a terminal does: for all processes in it.
        self.process = subprocess.Popen(
            [sys.executable, "-m", "clearway", "run", *arguments],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            start_new_session=True,
        )
        self.out: list[str] = []
        self.err: list[str] = []
        self._readers = [self._read(self.process.stdout, self.out), self._read(self.process.stderr, self.err)]

    def _read(self, stream: IO[str] | None, lines: list[str]) -> threading.Thread:
        def read() -> None:
            assert stream is not None
            with stream:
                for line in stream:
                    lines.append(line.rstrip("\n"))  # noqa: PERF401 (seen while it grows)

        thread = threading.Thread(target=read, daemon=True)
        thread.start()
        return thread

    def line(self, pattern: str, count: int = 1) -> re.Match[str]:
        """Wait for the `count`th line of standard output in which the pattern is found."""

        def found() -> re.Match[str] | None:
            matches = [match for line in list(self.out) if (match := re.search(pattern, line))]
            return matches[count - 1] if len(matches) >= count else None

        try:
            return until(found, f"line {pattern!r}")
        except AssertionError as error:
            raise AssertionError(f"{error}\nstdout: {self.out}\nstderr: {self.err}") from None

    @property
    def url(self) -> str:
        return self.line(r"serving .* on (http://\S+)")[1]

    @property
    def console(self) -> str:
        return self.line(r"console +(http://\S+)")[1]

    def get(self, path: str, **options: Any) -> httpx.Response:
        return httpx.get(self.url + path, timeout=PATIENCE_S, **options)

    def start_get(self, path: str) -> threading.Thread:
        """Ask in a thread, whatever becomes of it."""
        url = self.url

        def ask() -> None:
            with contextlib.suppress(httpx.HTTPError):
                httpx.get(url + path, timeout=PATIENCE_S)

        thread = threading.Thread(target=ask, daemon=True)
        thread.start()
        return thread

    def signal(self, number: int) -> None:
        """To the process alone, as a process manager does."""
        self.process.send_signal(number)

    def ctrl_c(self) -> None:
        """To the whole group, as a terminal does."""
        os.killpg(self.process.pid, signal.SIGINT)

    def wait(self, timeout_s: float = PATIENCE_S) -> int:
        """The exit code; afterwards `out` and `err` are complete."""
        code = self.process.wait(timeout_s)
        for reader in self._readers:
            reader.join(PATIENCE_S)
        return code

    def stop(self) -> int:
        self.signal(signal.SIGTERM)
        return self.wait()

    def kill(self) -> None:
        """End every process of the group, without ceremony."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        for reader in self._readers:
            reader.join(PATIENCE_S)
