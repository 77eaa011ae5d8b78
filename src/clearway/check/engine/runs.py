"""Which files one run of the engine reads: no two of them may answer to the same module name.

Within one run an import finds the first source root that has the name. Where two services of a repository each have
an `app.main`, the second would be given the first one's functions; so each gets a run that looks in its own root first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from clearway.check.project import Project, SourceFile


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
        return not (
            self._names[one].isdisjoint(self._folders[other]) and self._names[other].isdisjoint(self._folders[one])
        )

    def _run(self, group: list[Path]) -> Run:
        files = tuple(file for root in group for file in self._files[root])
        return Run(files, (*group, *(root for root in self._files if root not in group)))


def _prefixes(module: str) -> Iterator[str]:
    """`a`, `a.b` and `a.b.c` of `a.b.c`."""
    end = module.find(".")
    while end != -1:
        yield module[:end]
        end = module.find(".", end + 1)
    yield module
