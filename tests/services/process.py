"""A server process of a test session."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

START_S = 60.0


class Missing(Exception):
    """A server that this machine does not have: why, and how to get it."""


class ServerProcess:
    """The process, and a folder of its own that goes with it. It never runs as root."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.folder = Path(tempfile.mkdtemp(prefix=f"{name}-"))
        self._process: subprocess.Popen[bytes] | None = None
        self._as_user: dict[str, Any] = {}
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.chown(self.folder, nobody.pw_uid, nobody.pw_gid)
            self._as_user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}

    def can_run(self, program: Path, env: Mapping[str, str] | None = None) -> bool:
        """Whether that user may: a folder of root's is closed to others."""
        try:
            self.run([str(program), "--version"], env)
        except (OSError, subprocess.CalledProcessError):
            return False
        return True

    def run(self, command: Sequence[str], env: Mapping[str, str] | None = None) -> None:
        """Run a command to its end. Raises CalledProcessError."""
        subprocess.run(
            command,
            check=True,
            env=None if env is None else {**os.environ, **env},
            cwd=self.folder,
            capture_output=True,
            **self._as_user,
        )

    def start(
        self, command: Sequence[str], answers: Callable[[], object], env: Mapping[str, str] | None = None
    ) -> None:
        """Start the server and wait until it answers."""
        with (self.folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                command,
                cwd=self.folder,
                env=None if env is None else {**os.environ, **env},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                **self._as_user,
            )
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline and self._process.poll() is None:
            with contextlib.suppress(Exception):
                answers()
                return
            time.sleep(0.02)
        words = (self.folder / "log").read_text(errors="replace")[-2000:]
        self.stop()
        raise RuntimeError(f"{self.name} does not answer:\n{words}")

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()
