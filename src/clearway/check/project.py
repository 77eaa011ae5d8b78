"""Which files are checked, and by what module names they import each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from clearway.check.result import Skipped


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One Python file of the project."""

    path: Path
    """Absolute."""
    shown: str
    """Relative to the project's root, with forward slashes."""
    module: str
    """Dotted name below its source root; a package's `__init__.py` has the package's name."""
    is_package: bool
    source_root: Path


@dataclass(frozen=True, slots=True)
class Project:
    """The files under check. Two services of one repository may each have a module of the same name."""

    root: Path
    """Absolute; what the `file` of every output is relative to."""
    source_roots: tuple[Path, ...]
    """The folders that imports start from, the most specific first."""
    files: tuple[SourceFile, ...]
    skipped: tuple[Skipped, ...]


def find_project(paths: Sequence[Path], src: Sequence[Path] = (), exclude: Sequence[str] = ()) -> Project:
    """The project that these files and folders belong to, and all its Python files below them.

    `src` names the source roots where they are not to be found by looking; `exclude` are glob patterns relative to
    the project's root. Raises ClearwayError for a path that does not exist, or where there is nothing to check.
    """
    raise NotImplementedError
