"""Which files one run of the engine reads: no two of them may answer to the same module name.

Within one run an import finds the first source root that has the name. Where two services of a repository each have
an `app.main`, the second would be given the first one's functions; so each gets a run that looks in its own root first.
Names that nobody imports may be there twice: a `conftest` in every package does not need a run for every package.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from clearway.check.project import Project, SourceFile

_IMPORT = re.compile(
    rb"(?:^|[;:])[ \t]*(?:from[ \t]+(\.*)[ \t]*([\w.]*)[ \t]+import\b|import[ \t]+([\w., \t]+))", re.MULTILINE
)
"""An import statement, read as text: what only looks like one costs a run, not an answer."""


@dataclass(frozen=True, slots=True)
class Run:
    """The files that one run answers for."""

    files: tuple[SourceFile, ...]
    search_path: tuple[Path, ...]
    """Every source root of the project, those of these files first."""


class SourceRoots:
    """The module names below every source root."""

    def __init__(self, project: Project) -> None:
        self._files: dict[Path, list[SourceFile]] = {root: [] for root in project.source_roots}
        for file in project.files:
            self._files.setdefault(file.source_root, []).append(file)
        self._names = {root: {file.module for file in files} for root, files in self._files.items()}
        self._folders = {
            root: {prefix for name in names for prefix in _prefixes(name)} for root, names in self._names.items()
        }

    def runs(self) -> tuple[Run, ...]:
        """The fewest runs that a greedy choice finds, in the order of the source roots."""
        groups: list[list[Path]] = []
        for root, files in self._files.items():
            if not files:
                continue
            for group in groups:
                if not any(self._collide(root, other) for other in group):
                    group.append(root)
                    break
            else:
                groups.append([root])
        return tuple(self._run(group) for group in groups)

    def shadowed(self, module: str, root: Path, importer: Path) -> bool:
        """Whether code below `importer` that imports this module of `root` gets another one, of its own root."""
        if root == importer:
            return False
        own = self._names.get(importer, set())
        return any(prefix in own for prefix in _prefixes(module))

    def _collide(self, one: Path, other: Path) -> bool:
        # A package of the one hides a folder of the same name of the other, whatever is in it.
        same = (self._names[one] & self._folders[other]) | (self._names[other] & self._folders[one])
        return any(self._imported.has(name) for name in same)

    @cached_property
    def _imported(self) -> _Imported:
        return _Imported(file for files in self._files.values() for file in files)

    def _run(self, group: list[Path]) -> Run:
        files = tuple(file for root in group for file in self._files[root])
        return Run(files, (*group, *(root for root in self._files if root not in group)))


class _Imported:
    """The modules that the files may import, by their absolute names."""

    def __init__(self, files: Iterable[SourceFile]) -> None:
        self._names: set[str] = set()
        self._parents: set[str] = set()
        """Of `from parent import name`, where the name may be a module."""
        for file in files:
            try:
                text = file.path.read_bytes()
            except OSError:  # who parses the file says so
                continue
            for dots, name, names in _IMPORT.findall(text):
                if names:
                    for part in _text(names).split(","):
                        self._names.update(_prefixes(part.split(" as ")[0].strip()))
                else:
                    parent = _absolute(file, len(dots), _text(name))
                    if parent:  # else it is relative to no package, which is an error
                        self._parents.add(parent)
                        self._names.update(_prefixes(parent))

    def has(self, module: str) -> bool:
        return module in self._names or module.rpartition(".")[0] in self._parents


def _text(name: bytes) -> str:
    return name.decode("utf-8", "replace")


def _absolute(file: SourceFile, dots: int, name: str) -> str:
    if dots == 0:
        return name
    parts = file.module.split(".")
    parts = parts[: len(parts) - dots + (1 if file.is_package else 0)]
    return ".".join((*parts, name) if name else parts)


def _prefixes(module: str) -> Iterator[str]:
    """`a`, `a.b` and `a.b.c` of `a.b.c`."""
    end = module.find(".")
    while end != -1:
        yield module[:end]
        end = module.find(".", end + 1)
    yield module
