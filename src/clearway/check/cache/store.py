"""A folder of cached files: written as a whole or not at all, never trusted, and kept small."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from pathlib import Path

MOST_BYTES = 300_000_000
"""All entries together; the longest unused go first."""
VARIABLE = "CLEARWAY_CACHE_DIR"


class CacheError(Exception):
    """The cache cannot be written; the message is a warning for the user."""


def cache_folder() -> Path | None:
    """Where this user's cache is: `CLEARWAY_CACHE_DIR`, else where the system keeps caches. None for nowhere."""
    if given := os.environ.get(VARIABLE):
        return Path(os.path.abspath(os.path.expanduser(given)))
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA")
        return Path(local) / "clearway" / "Cache" if local else None
    if sys.platform == "darwin":
        base = os.path.expanduser("~/Library/Caches")
    else:
        base = os.environ.get("XDG_CACHE_HOME") or ""
        if not os.path.isabs(base):  # the specification has relative ones ignored
            base = os.path.expanduser("~/.cache")
    return Path(base) / "clearway" if os.path.isabs(base) else None


class Store:
    """Entries by name. Several processes may use it at once: the last one to write an entry wins."""

    def __init__(self, folder: Path, most_bytes: int = MOST_BYTES) -> None:
        self.folder = folder
        self._most_bytes = most_bytes

    def read(self, name: str) -> bytes | None:
        """An entry's bytes; None where there is none."""
        try:
            data = (self.folder / name).read_bytes()
        except OSError:
            return None
        with contextlib.suppress(OSError):  # now is when it was last used
            os.utime(self.folder / name)
        return data

    def write(self, name: str, data: bytes) -> None:
        """Put an entry in its place. Raises CacheError."""
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(prefix=".", suffix=".part", dir=self.folder)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(data)
                os.replace(temporary, self.folder / name)
            except BaseException:
                with contextlib.suppress(OSError):
                    os.unlink(temporary)
                raise
            self._prune(name)
        except OSError as error:
            raise CacheError(
                f"{self.folder}: the result cannot be kept there: {error.strerror or error}; "
                f"set {VARIABLE} to another folder, or use --no-cache"
            ) from None

    def _prune(self, newest: str) -> None:
        entries = []
        with os.scandir(self.folder) as found:
            for entry in found:
                with contextlib.suppress(OSError):  # another process may have removed it
                    status = entry.stat(follow_symlinks=False)
                    entries.append((entry.name != newest, -status.st_mtime_ns, status.st_size, entry.path))
        kept = 0
        for _, _, size, path in sorted(entries):
            kept += size
            if kept > self._most_bytes and path != os.path.join(self.folder, newest):
                with contextlib.suppress(OSError):
                    os.unlink(path)
