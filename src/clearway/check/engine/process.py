"""A child process that is waited for with a limit, and whose death is told in one line."""

from __future__ import annotations

import os
import signal
import subprocess
from typing import TYPE_CHECKING

from clearway.check.engine import EngineError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_MOST_REASON = 300
"""Characters of the child's own words that go into a message."""


class Child:
    """A child at work. What it says goes to a file: a pipe that nobody reads would stop it."""

    def __init__(self, command: Sequence[str], folder: Path, name: str) -> None:
        """Start it in this folder. Raises EngineError where that cannot be."""
        self._name = name
        self._said = folder / "said.txt"
        environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYREFLY_", "RUST_"))}
        try:
            with self._said.open("wb") as said:
                self._process = subprocess.Popen(
                    command,
                    cwd=folder,
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=said,
                )
        except OSError as error:
            raise EngineError(f"{name} cannot be started: {error.strerror or error} ({command[0]})") from None

    def wait(self, timeout_s: float, accepted: Sequence[int]) -> None:
        """Until it has ended. Raises EngineError where that takes too long, or ends with another code than these."""
        try:
            code = self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.kill()
            raise EngineError(
                f"{self._name} did not finish within {timeout_s:.4g} s; name a part of the project to check"
            ) from None
        if code < 0:
            raise EngineError(f"{self._name} was ended by {_signal(-code)}; run it again, with more memory free")
        if code not in accepted:
            raise EngineError(f"{self._name} failed with exit code {code}: {self.reason()}")

    def kill(self) -> None:
        """End it at once. It has no children of its own."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def reason(self) -> str:
        """The line of its error output that says most: what a panic says, else the last one."""
        try:
            text = self._said.read_bytes()[:100_000].decode("utf-8", "replace")
        except OSError as error:
            return error.strerror or str(error)
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        for number, line in enumerate(lines[:-1]):
            if "panicked at" in line:
                return lines[number + 1][:_MOST_REASON]
        return lines[-1][:_MOST_REASON] if lines else "it does not say why"


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
