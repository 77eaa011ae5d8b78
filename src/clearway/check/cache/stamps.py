"""What an answer rests on, so that one sees at a glance whether it still holds: files and folders as they were.

A file counts as unchanged while its size and times are the same; where they are not, its content decides. A folder
counts as unchanged while no name that matters to imports has come or gone.
"""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

RECENT_NS = 2_000_000_000
"""What was touched so shortly before it was read may be written again without its times showing it."""
_MARKERS = frozenset({"pyproject.toml", "clearway.toml", "setup.cfg", "setup.py", ".git", "pyvenv.cfg", "conda-meta"})
_ENVIRONMENTS = frozenset({".venv", "venv", "env"})
_NAMED = (".py", ".pyi", ".pth", ".ipynb")
GONE = ""
"""The digest of what cannot be read."""


class Stamp(msgspec.Struct, array_like=True, frozen=True):
    """A file or folder when it was read."""

    path: str
    size: int
    touched_ns: int
    """The later of its two times: that of its content, and that of its name and rights."""
    digest: str
    """Of a file's content, of a folder's names; GONE where it could not be read."""
    is_folder: bool


class Stamps(msgspec.Struct, array_like=True, frozen=True):
    """Everything that an answer rests on."""

    read_ns: int
    """When the reading began."""
    stamps: tuple[Stamp, ...]

    def verified(self, now_ns: int) -> Stamps | None:
        """These stamps, with new times for what was only touched; None where something has changed."""
        doubtful: dict[str, Stamp] = {}
        for stamp in self.stamps:
            size, touched_ns = _status(stamp.path)
            if size == stamp.size and touched_ns == stamp.touched_ns and touched_ns < self.read_ns - RECENT_NS:
                continue
            if _digest(stamp.path, stamp.is_folder) != stamp.digest:
                return None
            doubtful[stamp.path] = Stamp(stamp.path, size, touched_ns, stamp.digest, stamp.is_folder)
        if not doubtful:
            return self
        return Stamps(now_ns, tuple(doubtful.get(stamp.path, stamp) for stamp in self.stamps))


def stamps_of(digests: Mapping[str, str], folders: Iterable[str], read_ns: int) -> Stamps | None:
    """The stamps of files whose content is known by its digest, and of folders.

    None where names came or went since the reading began: nobody knows which of them it saw. A file that was written
    since then has the digest of what was read, and will be found to have another one.
    """
    found: list[Stamp] = []
    for path, digest in digests.items():
        size, touched_ns = _status(path)
        found.append(Stamp(path, size, touched_ns, digest or _digest(path, False), False))
    for path in dict.fromkeys(folders):
        size, touched_ns = _status(path)
        if touched_ns >= read_ns:
            return None
        found.append(Stamp(path, size, touched_ns, _digest(path, True), True))
    return Stamps(read_ns, tuple(found))


def _status(path: str) -> tuple[int, int]:
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return -1, 0
    return status.st_size, max(status.st_mtime_ns, status.st_ctime_ns)


def _digest(path: str, is_folder: bool) -> str:
    try:
        data = _names(path) if is_folder else _content(path)
    except (OSError, ValueError):
        return GONE
    return hashlib.sha256(data).hexdigest()


def _content(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def _names(folder: str) -> bytes:
    """Those that say what can be imported, or where a project and an environment begin."""
    names = []
    with os.scandir(folder) as entries:
        for entry in entries:
            name = entry.name
            if name.endswith(_NAMED) or name in _MARKERS or (_may_hold_source(name) and entry.is_dir()):
                names.append(name)
    return "\0".join(sorted(names)).encode("utf-8", "surrogateescape")


def _may_hold_source(name: str) -> bool:
    return name in _ENVIRONMENTS or not (name.startswith(".") or name == "__pycache__")
