"""Whole results: the answer to the same request, while nothing that was read for it has changed."""

from __future__ import annotations

import hashlib
import os
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from clearway.check.cache.stamps import Stamps, stamps_of
from clearway.check.project import project_root
from clearway.check.result import Result  # noqa: TC001 - read at run time

if TYPE_CHECKING:
    from clearway.check.cache.store import Store
    from clearway.check.request import Request
    from clearway.check.result import Looked

FORMAT = 1
"""Of the entries. What Clearway makes of the same code is told by the digest of its own source."""
_PACKAGE = Path(__file__).parent.parent.parent
_OWN = ("check", "model.py", "settings.py")
_VARIABLES = ("VIRTUAL_ENV", "CONDA_PREFIX")
"""Where an environment is looked for besides the project's own."""


class _Entry(msgspec.Struct, frozen=True):
    stamps: Stamps
    result: Result


class Results:
    """The results that a store keeps."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._decoder = msgspec.json.Decoder(_Entry, dec_hook=_path)

    def find(self, key: str) -> Result | None:
        """The result of the same request, if it would come out the same today."""
        data = self._store.read(_name(key))
        if data is None:
            return None
        try:
            entry = self._decoder.decode(data)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):  # written half, or by somebody else
            return None
        stamps = entry.stamps.verified(time.time_ns())
        if stamps is None:
            return None
        if stamps is not entry.stamps:
            self._write(key, _Entry(stamps, entry.result))
        return entry.result

    def keep(self, key: str, result: Result, looked: Looked, read_ns: int) -> None:
        """Keep a result, unless what it rests on has changed meanwhile. Raises CacheError."""
        stamps = stamps_of(looked.files, looked.folders, read_ns)
        if stamps is not None:
            self._write(key, _Entry(stamps, result))

    def _write(self, key: str, entry: _Entry) -> None:
        try:
            data = msgspec.json.encode(entry, enc_hook=str)
        except UnicodeEncodeError:
            return  # a file's name is no text: such a project is read anew each time
        self._store.write(_name(key), data)


def key_of(request: Request) -> str:
    """What tells this request from others, and this Clearway from others. Raises ClearwayError for wrong paths."""
    parts = {
        "format": FORMAT,
        "own": own_digest(),
        "python": [sys.version, sys.prefix],
        "variables": [os.environ.get(name) for name in _VARIABLES],
        "folder": os.getcwd(),
        "root": str(project_root(request.paths)),
        "paths": [os.path.abspath(path) for path in request.paths],
        "src": [os.path.abspath(path) for path in request.src],
        "environment": request.python,
        "all": request.all_roots,
        "settings": asdict(request.settings),
    }
    return hashlib.sha256(msgspec.json.encode(parts, order="deterministic")).hexdigest()


def own_digest() -> str:
    """A digest of the checker's own source and data."""
    found = hashlib.sha256()
    for name in _OWN:
        place = _PACKAGE / name
        for path in sorted(_files(str(place))) if place.is_dir() else [str(place)]:
            with open(path, "rb") as file:
                found.update(path.encode("utf-8", "surrogateescape") + b"\0" + file.read())
    return found.hexdigest()


def _files(folder: str) -> list[str]:
    found = []
    for here, _, names in os.walk(folder):
        found += [os.path.join(here, name) for name in names if name.endswith((".py", ".toml"))]
    return found


def _name(key: str) -> str:
    return f"result-{key}.json"


def _path(kind: type[Any], value: Any) -> Any:
    if kind is Path and isinstance(value, str):
        return Path(value)
    raise NotImplementedError(f"{kind} is no part of a result")
