"""The project's folders on disk: what lies in them, and which of it is source."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

PROJECT_FILES = ("pyproject.toml", "clearway.toml", "setup.cfg", "setup.py")
NOTEBOOK = "a notebook: only .py files are checked"
_FOREIGN = frozenset({"__pycache__", "node_modules", "site-packages", "dist-packages", "__pypackages__"})
_METADATA = (".egg-info", ".dist-info", ".egg")
_BUILT = frozenset({"build", "dist"})
"""What packaging leaves behind, where they lie beside a project's file and are no package themselves."""


@dataclass(frozen=True, slots=True)
class Listing:
    """One folder, as far as imports are concerned."""

    modules: frozenset[str] = frozenset()
    """Names of its `.py` files, without the ending."""
    folders: frozenset[str] = frozenset()
    """Names of its folders in which there can be source."""
    names: frozenset[str] = frozenset()
    """Those of `PROJECT_FILES` and `.git` that it holds."""
    stubs: frozenset[str] = frozenset()
    """Names of its `.pyi` files: a type checker reads them in the place of others."""

    @property
    def is_package(self) -> bool:
        return "__init__" in self.modules

    @property
    def is_project(self) -> bool:
        return not self.names.isdisjoint(PROJECT_FILES)


@dataclass(slots=True)
class Disk:
    """Folders that were read, each once."""

    listings: dict[str, Listing] = field(default_factory=dict)
    _sources: dict[str, bool] = field(default_factory=dict)

    def listing(self, folder: str) -> Listing:
        """What lies in this folder; nothing where it cannot be read."""
        if (known := self.listings.get(folder)) is None:
            known = self.listings[folder] = _listing(_entries(folder, []))
        return known

    def locate(self, root: str, module: str) -> str | None:
        """The file that `import module` reads when `root` is the folder that imports start from."""
        folder, name = _place(root, module)
        return self.file(folder, name) if name and self._leads_to(root, folder) else None

    def file(self, folder: str, name: str) -> str | None:
        """The file of the package or module of this name in this folder; a package wins, as it does for Python."""
        here = self.listing(folder)
        if name in here.folders and self.listing(inner := f"{folder}{os.sep}{name}").is_package:
            return f"{inner}{os.sep}__init__.py"
        return f"{folder}{os.sep}{name}.py" if name in here.modules else None

    def is_namespace(self, root: str, module: str) -> bool:
        """Whether the module is a folder without an `__init__.py`, and no file has its name."""
        folder, name = _place(root, module)
        return (
            name != ""
            and self._leads_to(root, folder)
            and name in self.listing(folder).folders
            and self.file(folder, name) is None
            and self.holds_source(f"{folder}{os.sep}{name}")
        )

    def holds_source(self, folder: str) -> bool:
        """Whether there is a Python file somewhere below; links may lead in circles, so each folder counts once."""
        if (known := self._sources.get(folder)) is None:
            known = self._sources[folder] = self._find_source(folder)
        return known

    def _find_source(self, folder: str) -> bool:
        pending, seen = [folder], {os.path.realpath(folder)}
        while pending:
            here = pending.pop()
            if self.listing(here).modules:
                return True
            for name in self.listing(here).folders:
                below = f"{here}{os.sep}{name}"
                if (real := os.path.realpath(below)) not in seen:
                    seen.add(real)
                    pending.append(below)
        return False

    def _leads_to(self, root: str, folder: str) -> bool:
        """Whether every step from `root` to `folder` is a folder that was listed; links outside do not count."""
        here = root
        for step in folder[len(root) :].split(os.sep):
            if step:
                if step not in self.listing(here).folders:
                    return False
                here = f"{here}{os.sep}{step}"
        return True


def _place(root: str, module: str) -> tuple[str, str]:
    """The folder that a module of this name lies in, and its last name; no name where none can be imported."""
    parts = module.split(".")
    if "" in parts or os.sep in module:
        return root, ""
    return os.sep.join([root.rstrip(os.sep), *parts[:-1]]), parts[-1]


def _entries(folder: str, unreadable: list[tuple[str, str]]) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError as error:
        unreadable.append((folder, error.strerror or str(error)))
        return []


def _listing(entries: Iterable[os.DirEntry[str]]) -> Listing:
    modules, folders, names, stubs = [], [], [], []
    for entry in entries:
        name = entry.name
        if name.endswith(".py"):
            modules.append(name[:-3])
        elif name.endswith(".pyi"):
            stubs.append(name)
        if name in PROJECT_FILES or name == ".git":
            names.append(name)
        elif not name.startswith(".") and name not in _FOREIGN and not name.endswith(_METADATA) and _is_folder(entry):
            folders.append(name)
    return Listing(frozenset(modules), frozenset(folders), frozenset(names), frozenset(stubs))


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


@dataclass(slots=True)
class Found:
    """What a walk came upon."""

    files: list[str] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    """Path and reason."""


class Walk:
    """Collects the Python files below folders. Every real folder is visited once, whatever links lead to it."""

    def __init__(self, disk: Disk, root: Path, exclude: Sequence[str]) -> None:
        self.disk = disk
        self.root = str(root)
        self.excluded = _excluder(tuple(exclude))
        self.found = Found()
        self._visited: set[tuple[int, int]] = set()
        self._links: list[str] = []
        self._linked_files: list[str] = []

    def add(self, folder: Path) -> None:
        """Visit this folder, whatever its name, and those below it that can hold source."""
        pending = [str(folder)]
        while pending:
            while pending:
                pending += self._visit(pending.pop())
            # Links come last, so that a file is known by its own path rather than by that of a link to it.
            if self._links:
                pending.append(self._links.pop(0))

    def finish(self) -> Found:
        """What was found, a file that several links lead to once."""
        known = {os.path.realpath(path) for path in self.found.files} if self._linked_files else set()
        for path in sorted(self._linked_files):
            if (real := os.path.realpath(path)) not in known:
                known.add(real)
                self.found.files.append(path)
        self.found.files.sort()
        return self.found

    def is_excluded(self, path: str) -> bool:
        """Whether a pattern names this file or folder."""
        return self.excluded is not None and bool(self.excluded.match(relative(path, self.root)))

    def _visit(self, folder: str) -> list[str]:
        """Take the files of one folder; the folders in it that are to be visited next."""
        try:
            status = os.stat(folder)
        except OSError as error:
            self.found.skipped.append((folder, f"cannot be read: {error.strerror or error}"))
            return []
        if (status.st_dev, status.st_ino) in self._visited:
            return []
        self._visited.add((status.st_dev, status.st_ino))
        unreadable: list[tuple[str, str]] = []
        entries = _entries(folder, unreadable)
        self.found.skipped += [(path, f"cannot be read: {reason}") for path, reason in unreadable]
        listing = self.disk.listings[folder] = _listing(entries)
        below: list[str] = []
        for entry in entries:
            name = entry.name
            if name.endswith(".py") and not name.startswith("."):
                self._file(entry)
            elif name.endswith(".ipynb") and not self.is_excluded(entry.path):
                self.found.skipped.append((entry.path, NOTEBOOK))
            elif name in listing.folders and not self._is_foreign(entry, listing) and not self.is_excluded(entry.path):
                (self._links if entry.is_symlink() else below).append(entry.path)
        return below

    def _file(self, entry: os.DirEntry[str]) -> None:
        if self.is_excluded(entry.path):
            return
        if entry.is_symlink():
            if not os.path.exists(entry.path):
                self.found.skipped.append((entry.path, "cannot be read: a link to nothing"))
            elif os.path.isfile(entry.path):
                self._linked_files.append(entry.path)
        elif entry.is_file():
            self.found.files.append(entry.path)

    def _is_foreign(self, entry: os.DirEntry[str], listing: Listing) -> bool:
        """Whether a folder holds what is not the project's: an environment, or what a build left behind."""
        if os.path.exists(f"{entry.path}{os.sep}pyvenv.cfg") or os.path.exists(f"{entry.path}{os.sep}conda-meta"):
            return True
        return entry.name in _BUILT and listing.is_project and not self.disk.listing(entry.path).is_package


def relative(path: str, root: str) -> str:
    """A path below the root, with forward slashes."""
    return path[len(root) :].lstrip(os.sep).replace(os.sep, "/") or "."


@lru_cache(maxsize=16)
def _excluder(patterns: tuple[str, ...]) -> re.Pattern[str] | None:
    """Matches what the patterns name. One without a slash names files and folders at any depth."""
    return re.compile("|".join(map(_pattern, patterns))) if patterns else None


def _pattern(glob: str) -> str:
    glob = glob.removeprefix("./")
    anywhere = "/" not in glob.rstrip("/")
    parts = list(_glob_parts(glob.strip("/")))
    return f"(?:{'(?:.*/)?' if anywhere else ''}{''.join(parts)})(?:/.*)?\\Z"


def _glob_parts(glob: str) -> Iterator[str]:
    for match in re.finditer(r"\*\*/|/\*\*\Z|\*+|\?|\[[^\]]+\]|[^*?\[]+|\[", glob):
        part = match[0]
        if part == "**/":
            yield "(?:.*/)?"
        elif part == "/**":
            yield "/.*"
        elif part.startswith("*"):
            yield ".*" if part == "**" else "[^/]*"
        elif part == "?":
            yield "[^/]"
        elif part.startswith("[") and len(part) > 1:
            negated = part[1] == "!" and len(part) > 3
            inner = re.sub(r"[\\\[^&~|]|(?<!\w)-|-(?!\w)", r"\\\g<0>", part[2 if negated else 1 : -1])
            yield f"[{'^' if negated else ''}{inner}]"
        else:
            yield re.escape(part)
