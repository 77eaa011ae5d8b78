"""The folders that imports start from, told by the project's own imports.

Every absolute import votes for the folder under which it leads to a file of the project. Where nobody votes, structure
decides: chains of `__init__.py`, folders with a `pyproject.toml`, folders called `src`.
"""

from __future__ import annotations

import os
import re
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence, Set

    from clearway.check.project.tree import Disk

_READ_BYTES = 65_536
"""Imports further down are few, and one vote more or less changes nothing."""
_IMPORT = re.compile(
    rb"^[ \t]*(?:from[ \t]+([A-Za-z_][\w.]*)[ \t]+import[ \t]*\(?[ \t\r\n]*([^\r\n]*)"
    rb"|import[ \t]+([A-Za-z_][^\r\n;#(]*))",
    re.MULTILINE,
)
_WORD = re.compile(r"\w+")
_SHARE_OF_PACKAGE = 0.2
"""A folder that is itself a package is a source root only when so many of the imports of its files say so: a
package's `redis.py` or `types.py` must not stand in for the library of that name.
"""


@dataclass(frozen=True, slots=True)
class Import:
    """One absolute import."""

    module: str
    names: tuple[str, ...] | None
    """What is imported from it; None for `import module`."""


@dataclass(slots=True)
class Votes:
    """How many imports lead where."""

    by_root: Counter[str] = field(default_factory=Counter)
    by_target: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    """For a file, the roots from which others import it."""
    by_unit: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(root, top-level name below it)."""
    by_importer: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    """For a file, the folders above it from which its own imports start."""


def imports_of(path: str) -> list[Import]:
    """The absolute imports of a file, as its lines show them; an import in a docstring is one as well."""
    try:
        with open(path, "rb", buffering=0) as file:
            data = file.read(_READ_BYTES)
    except OSError:
        return []
    found = []
    for origin, names, modules in _IMPORT.findall(data):
        if origin:
            listed = names.decode("utf-8", "replace").partition("#")[0]
            words = tuple(words[0] for part in listed.split(",") if (words := _WORD.findall(part)))
            found.append(Import(origin.decode("utf-8", "replace").rstrip("."), words))
        else:
            for part in modules.decode("utf-8", "replace").split(","):
                name = part.split(" as ")[0].strip()
                if name:
                    found.append(Import(name, None))
    return found


class RootFinder:
    """Source roots for files below `top`."""

    def __init__(self, disk: Disk, top: str, folders: Set[str]) -> None:
        self.disk = disk
        self.top = top
        while disk.listing(self.top).is_package and os.path.dirname(self.top) != self.top:
            self.top = os.path.dirname(self.top)
        self.votes = Votes()
        self.roots: frozenset[str] = frozenset()
        self._folders = folders
        self._holders: dict[str, list[str]] = {}
        self._led: dict[str, list[tuple[str, str]]] = {}
        self.structural = cache(self._structural_root)

    def find(self, files: Sequence[str]) -> dict[str, str]:
        """For each file its source root. Afterwards `roots` holds all of them, and those that imports alone named."""
        imports = {path: imports_of(path) for path in files}
        self._index(imports)
        self._vote(imports)
        if self.votes.by_root[parent := os.path.dirname(self.top)]:
            self.top = parent
        self.roots = frozenset(root for root in self.votes.by_root if self._is_credible(root))
        self.structural.cache_clear()
        assigned = {path: self._root_of(path) for path in files}
        self.roots = frozenset(self.roots | set(assigned.values()))
        return assigned

    def _index(self, imports: dict[str, list[Import]]) -> None:
        """Which folders hold something of the first name of any import."""
        wanted = {entry.module.partition(".")[0] for entries in imports.values() for entry in entries}
        wanted -= sys.stdlib_module_names
        for folder in sorted({*self._folders, *self._around(wanted)}):
            listing = self.disk.listing(folder)
            for name in (listing.modules | listing.folders) & wanted:
                self._holders.setdefault(name, []).append(folder)

    def _around(self, wanted: set[str]) -> Iterator[str]:
        """Folders that were not visited and can be source roots: those above, and their projects and `src` folders."""
        above = {folder for start in self._folders for folder in _upwards(start, self.top)}
        for folder in above - {*self._folders} | {self.top}:
            yield folder
            for name in self.disk.listing(folder).folders:
                child = os.path.join(folder, name)
                if name == "src" or self.disk.listing(child).is_project:
                    yield child
                if name != "src" and "src" in self.disk.listing(child).folders:
                    yield os.path.join(child, "src")
        if os.path.basename(self.top) in wanted:
            yield os.path.dirname(self.top)

    def _vote(self, imports: dict[str, list[Import]]) -> None:
        # A file `redis.py` that imports `redis` says that the name is a library's.
        libraries = {
            (os.path.dirname(path), name)
            for path, entries in imports.items()
            for name in [os.path.basename(path).removesuffix(".py")]
            if any(entry.module == name for entry in entries)
        }
        for path, entries in imports.items():
            folder = os.path.dirname(path)
            for entry in entries:
                best: tuple[tuple[bool, bool, int, int], str, str] | None = None
                for root, target in self._targets(entry.module):
                    if (
                        target == path
                        or (root, entry.module) in libraries
                        or not self._is_vote(root, folder, target, entry)
                    ):
                        continue
                    rank = (self.disk.listing(root).is_package, not _is_below(folder, root), *_distance(folder, root))
                    if best is None or (rank, root) < best[:2]:
                        best = rank, root, target
                if best is not None:
                    self._count(path, folder, best[1], best[2], entry)

    def _count(self, path: str, folder: str, root: str, target: str, entry: Import) -> None:
        self.votes.by_root[root] += 1
        self.votes.by_target[target][root] += 1
        self.votes.by_unit[root, entry.module.partition(".")[0]] += 1
        if _is_below(folder, root):
            self.votes.by_importer[path][root] += 1

    def _targets(self, module: str) -> list[tuple[str, str]]:
        """(root, file or namespace folder) for every root from which an import of this module leads somewhere."""
        if (known := self._led.get(module)) is None:
            known = self._led[module] = []
            first, _, below = module.partition(".")
            for root in self._holders.get(first, ()):
                if below and first not in self.disk.listing(root).folders:
                    continue  # a file of that name, which nothing lies below
                if (file := self.disk.locate(root, module)) is not None:
                    known.append((root, file))
                elif self.disk.is_namespace(root, module):
                    known.append((root, os.path.join(root, *module.split("."))))
        return known

    def _is_vote(self, root: str, folder: str, target: str, entry: Import) -> bool:
        """Whether the import is the project's own, rather than that of a library with such a name."""
        if not target.endswith(".py"):
            listing = self.disk.listing(target)
            return entry.names is not None and any(
                name in listing.modules or name in listing.folders for name in entry.names
            )
        if "." in entry.module:
            return True
        if entry.names is None:
            return _is_below(folder, root) and not self.disk.listing(root).is_package
        return _defines(target, entry.names)

    def _is_credible(self, root: str) -> bool:
        """Whether a folder that got votes is a source root: see `_SHARE_OF_PACKAGE`."""
        if not self.disk.listing(root).is_package:
            return True
        base, name = os.path.split(root)
        while self.disk.listing(base).is_package and os.path.dirname(base) != base:
            base, name = os.path.split(base)
        return self.votes.by_root[root] >= _SHARE_OF_PACKAGE * self.votes.by_unit[base, name]

    def _root_of(self, path: str) -> str:
        """By what root others import the file, else its package, else from where its own imports start."""
        if best := self._most(self.votes.by_target.get(path, Counter())):
            return best
        folder = os.path.dirname(path)
        above = [root for root in _upwards(folder, self.top) if root in self.roots]
        units = Counter({root: self.votes.by_unit[root, _first_step(path, root)] for root in above})
        if best := self._most(units):
            return best
        own = self.votes.by_importer.get(path, Counter())
        if not self.disk.listing(folder).is_package:
            for root in above:  # a script's own folder comes first for Python as well
                if own[root]:
                    return root
        return self.structural(folder)

    def _most(self, votes: Counter[str]) -> str | None:
        known = [(count, len(root), root) for root, count in votes.items() if count and root in self.roots]
        return max(known)[2] if known else None

    def _structural_root(self, folder: str) -> str:
        base = folder
        while self.disk.listing(base).is_package and os.path.basename(base).isidentifier():
            base = os.path.dirname(base)
        here = base
        while _is_below(here, self.top):
            name = os.path.basename(here)
            if here in self.roots or self.disk.listing(here).is_project or name == "src" or here == self.top:
                return here
            if not name.isidentifier():  # nothing above can import what lies below
                return here
            here = os.path.dirname(here)
        return base


@cache
def _text(path: str) -> str:
    try:
        with open(path, "rb") as file:
            return file.read(_READ_BYTES * 4).decode("utf-8", "replace")
    except OSError:
        return ""


def _defines(path: str, names: Sequence[str]) -> bool:
    """Whether a line at the top level of the file, or of a package's folder, gives one of these names."""
    if any(os.path.exists(os.path.join(os.path.dirname(path), f"{name}.py")) for name in names):
        return os.path.basename(path) == "__init__.py" or _defined_in(path, names)
    return _defined_in(path, names)


def _defined_in(path: str, names: Sequence[str]) -> bool:
    some = "|".join(map(re.escape, names))
    return bool(some) and (
        re.search(
            rf"^(?:(?:async[ ]+)?(?:def|class)[ ]+)?(?:{some})\b|^(?:from|import)\b.*\b(?:{some})\b", _text(path), re.M
        )
        is not None
    )


def _is_below(folder: str, root: str) -> bool:
    return folder == root or folder.startswith(root if root.endswith(os.sep) else root + os.sep)


def _upwards(folder: str, top: str) -> Iterator[str]:
    """The folder and those above it, up to `top`."""
    while _is_below(folder, top):
        yield folder
        if (parent := os.path.dirname(folder)) == folder:
            return
        folder = parent


@cache
def _distance(folder: str, root: str) -> tuple[int, int]:
    """How many steps from one folder to another, and how deep the second lies."""
    one, other = folder.split(os.sep), root.split(os.sep)
    shared = 0
    while shared < min(len(one), len(other)) and one[shared] == other[shared]:
        shared += 1
    return len(one) + len(other) - 2 * shared, len(other)


def _first_step(path: str, root: str) -> str:
    return path[len(root) :].lstrip(os.sep).partition(os.sep)[0].removesuffix(".py")


def nearest_first(roots: Iterable[str], origin: str) -> list[str]:
    """Source roots in the order in which an importer below `origin` asks them."""
    return sorted(roots, key=lambda root: (root != origin, *_distance(origin, root), root))
