"""Where pyrefly puts the stubs that it brings along, which nobody reads: with every report, 7,000 files, 40 MB.

There is no switch against it, and making and removing them on disk takes longer than a small project does. Where the
system has a file system in memory with room to spare, they go there for the time of the run.
"""

from __future__ import annotations

import shutil
import tempfile
import threading
from pathlib import Path

IN_MEMORY = Path("/dev/shm")

_FOLDERS = ("third_party", "typeshed", "typeshed_third_party")
_ROOM = 256_000_000
"""Bytes that must be free: several times what is needed, since others use it too."""


class StubsInMemory:
    """A folder in memory for the stubs of all runs of a project; nothing where there is no room."""

    def __init__(self) -> None:
        self._folder: Path | None = None
        self._removing: threading.Thread | None = None
        try:
            if shutil.disk_usage(IN_MEMORY).free >= _ROOM:
                self._folder = Path(tempfile.mkdtemp(prefix="pyrefly-", dir=IN_MEMORY))
        except OSError:  # no such place here: the stubs go to disk
            return

    def place(self, report: Path) -> None:
        """Have the stubs of this report, which is not begun, written to memory. Raises OSError."""
        report.mkdir()
        if self._folder is None:
            return
        for name in _FOLDERS:
            (self._folder / name).mkdir(exist_ok=True)
            (report / name).symlink_to(self._folder / name)

    def begin_to_remove(self) -> None:
        """Give the memory back beside what goes on; the runs have ended."""
        if self._folder is not None and self._removing is None:
            self._removing = threading.Thread(target=shutil.rmtree, args=(self._folder, True))
            self._removing.start()

    def remove(self) -> None:
        """Give the memory back; the runs have ended."""
        self.begin_to_remove()
        if self._removing is not None:
            self._removing.join()
