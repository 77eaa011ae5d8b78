"""Which files are checked, and by what module names they import each other."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from clearway.check.project.roots import RootFinder, nearest_first
from clearway.check.project.tree import NOTEBOOK, PROJECT_FILES, Disk, Walk, relative
from clearway.check.result import Skipped
from clearway.model import ClearwayError, shown
from clearway.settings import nearest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clearway.check.project.tree import Found


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
    stubs: tuple[str, ...] = ()
    """The `.pyi` files that lie among them."""
    _disk: Disk = field(default_factory=Disk, repr=False, compare=False)
    _located: dict[tuple[str, Path], Path | None] = field(default_factory=dict, repr=False, compare=False)
    _orders: dict[Path, tuple[str, ...]] = field(default_factory=dict, repr=False, compare=False)

    def module_file(self, name: str, importer_root: Path) -> Path | None:
        """The `.py` file, or a package's `__init__.py`, that `import name` reads in a file of this source root.

        It may lie outside of `files`. The importer's own source root is asked first, then the others, the nearest
        first. None for a library's module, and for a namespace package, which has no file.
        """
        key = name, importer_root
        if key not in self._located:
            found = (self._disk.locate(root, name) for root in self._order(importer_root))
            self._located[key] = next((Path(file) for file in found if file is not None), None)
        return self._located[key]

    def is_namespace(self, name: str, importer_root: Path) -> bool:
        """Whether `import name` gives a folder of the project without an `__init__.py`."""
        return self.module_file(name, importer_root) is None and any(
            self._disk.is_namespace(root, name) for root in self._order(importer_root)
        )

    @property
    def folders(self) -> tuple[str, ...]:
        """Every folder whose names were looked at, absolute."""
        return tuple(self._disk.listings)

    def _order(self, importer_root: Path) -> tuple[str, ...]:
        if (order := self._orders.get(importer_root)) is None:
            roots = {str(importer_root), *map(str, self.source_roots)}
            order = self._orders[importer_root] = tuple(nearest_first(roots, str(importer_root)))
        return order


def project_root(paths: Sequence[Path]) -> Path:
    """The folder that outputs are relative to. Raises ClearwayError for a path that does not exist."""
    return _project_root([_existing(path) for path in paths or [Path()]])


def find_project(paths: Sequence[Path], src: Sequence[Path] = (), exclude: Sequence[str] = ()) -> Project:
    """The project that these files and folders belong to, and all its Python files below them.

    `src` names the source roots where they are not to be found by looking; `exclude` are glob patterns relative to
    the project's root, those without a slash for names at any depth. A file that is named must be Python, by its
    ending or its first line; notebooks are counted as skipped.
    Raises ClearwayError for a path that does not exist, or where there is nothing to check.
    """
    given = [_existing(path) for path in paths or [Path()]]
    sources = [_source_folder(folder) for folder in src]
    root = _project_root(given)
    disk = Disk()
    try:
        walk = Walk(disk, root, exclude)
    except re.error as error:
        raise ClearwayError(f"exclude {list(exclude)!r}: not a glob pattern: {error}") from None
    skipped: list[tuple[str, str]] = []
    for path in given:
        if path.is_dir():
            walk.add(path)
        elif (reason := _reason_to_skip(path, walk)) is not None:
            skipped.append((str(path), reason))
        else:
            walk.found.files.append(str(path))
    found = walk.finish()
    found.skipped += skipped
    _refuse_nothing(paths, found)
    files = sorted(set(found.files))
    stubs = sorted(os.path.join(folder, name) for folder, held in disk.listings.items() for name in held.stubs)
    assigned, roots = _assigned(disk, root, files, sources)
    return Project(
        root=root,
        source_roots=tuple(Path(folder) for folder in sorted(roots, key=lambda name: (-name.count(os.sep), name))),
        files=tuple(_source_file(path, assigned[path], str(root)) for path in files),
        skipped=tuple(Skipped(relative(path, str(root)), reason) for path, reason in sorted(set(found.skipped))),
        stubs=tuple(stubs),
        _disk=disk,
    )


def _existing(path: Path) -> Path:
    try:
        absolute = Path(os.path.abspath(path))
        absolute.stat()
    except (OSError, ValueError) as error:
        if isinstance(error, OSError) and not isinstance(error, FileNotFoundError | NotADirectoryError):
            raise ClearwayError(f"{shown(path)}: cannot be read: {error.strerror}") from None
        raise ClearwayError(f"{shown(path)} does not exist{_nearest_name(path)}") from None
    return absolute


def _nearest_name(path: Path) -> str:
    """The end of the message about a path that does not exist: what there is in its place."""
    folder = path.parent
    while not folder.is_dir() and folder != folder.parent:
        path, folder = folder, folder.parent
    try:
        match = nearest(path.name, os.listdir(folder))
    except (OSError, ValueError):
        match = None
    return (
        f"; did you mean {shown(folder / match)!r}?" if match else f"; nothing in {shown(folder)!r} is called like it"
    )


def _source_folder(folder: Path) -> str:
    if not folder.exists():
        raise ClearwayError(f"--src {shown(folder)} does not exist{_nearest_name(folder)}")
    if not folder.is_dir():
        raise ClearwayError(f"--src {shown(folder)} is no folder; name the folder that imports start from")
    return os.path.abspath(folder)


def _project_root(given: Sequence[Path]) -> Path:
    """The nearest folder with a project's file or a repository, upwards from what the paths share."""
    folders = [str(path if path.is_dir() else path.parent) for path in given]
    shared = Path(os.path.commonpath(folders))
    for folder in (shared, *shared.parents):
        if any(os.path.lexists(folder / name) for name in (*PROJECT_FILES, ".git")):
            return folder
    return shared


def _reason_to_skip(path: Path, walk: Walk) -> str | None:
    """Why a file that was named is not read; None where it is. Raises ClearwayError for what is no Python."""
    if walk.is_excluded(str(path)):
        return "excluded by the settings"
    if path.suffix == ".py":
        return None if path.is_file() else "not a regular file"
    if path.suffix == ".ipynb":
        return NOTEBOOK
    if path.is_file():
        try:
            with path.open("rb") as file:
                first = file.readline(200)
        except OSError as error:
            return f"cannot be read: {error.strerror or error}"
        if first.startswith(b"#!") and b"python" in first:
            return None
    raise ClearwayError(f"{shown(path)} is no Python file; name folders or files that end in .py")


def _refuse_nothing(paths: Sequence[Path], found: Found) -> None:
    if found.files:
        return
    where = ", ".join(shown(path) for path in paths) or "."
    if not found.skipped:
        raise ClearwayError(f"{where} holds no Python file; name the folder of your service, or check `exclude`")
    reasons = {reason for _, reason in found.skipped}
    if reasons != {"excluded by the settings"}:  # pre-commit names every changed file, excluded ones too
        path, reason = found.skipped[0]
        raise ClearwayError(f"{where} holds no Python file that can be read ({shown(path)}: {reason})")


def _assigned(disk: Disk, root: Path, files: Sequence[str], sources: Sequence[str]) -> tuple[dict[str, str], set[str]]:
    """For each file its source root, and all source roots."""
    finder = RootFinder(disk, str(root), {*disk.listings, *map(os.path.dirname, files)})
    if not sources:
        return finder.find(files), set(finder.roots)
    by_depth = sorted(sources, key=len, reverse=True)
    assigned = {}
    for path in files:
        above = (folder for folder in by_depth if path.startswith(folder.rstrip(os.sep) + os.sep))
        assigned[path] = next(above, None) or finder.structural(os.path.dirname(path))
    return assigned, set(sources)


def _source_file(path: str, source_root: str, root: str) -> SourceFile:
    parts = path[len(source_root) :].lstrip(os.sep).split(os.sep)
    is_package = parts[-1] == "__init__.py" and len(parts) > 1
    parts = parts[:-1] if is_package else [*parts[:-1], parts[-1].removesuffix(".py")]
    return SourceFile(Path(path), relative(path, root), ".".join(parts), is_package, Path(source_root))
