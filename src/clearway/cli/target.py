"""Which app to serve: turns what the user typed into a module and an attribute."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from clearway.model import ClearwayError, shown
from clearway.settings import nearest

if TYPE_CHECKING:
    from pathlib import Path

USUAL_FILES = ("main.py", "app.py", "api.py", "app/main.py", "app/app.py", "app/api.py")
"""Where an app is looked for when none is named, first match first."""


@dataclass(frozen=True, slots=True)
class Target:
    """A module to import, and the attribute of it that is the app."""

    module: str
    attribute: str | None
    """Dotted; None to look for the app among the module's names."""
    root: Path
    """The folder that has to be importable for `module` to be found."""
    file: Path | None = None
    """The module's file where the user named a file."""

    def __str__(self) -> str:
        name = shown(self.file) if self.file else self.module
        return f"{name}:{self.attribute}" if self.attribute else name


def find_target(given: str | None, folder: Path) -> Target:
    """What `given` names, seen from `folder`: `package.module:attribute`, a file, a folder, or nothing.

    Imports nothing. Raises ClearwayError when a file does not exist or nothing can be discovered.
    """
    if given is None:
        return _discovered(folder)
    name, colon, attribute = given.partition(":")
    if not name or (colon and not attribute):
        raise ClearwayError(f"{given!r} names no app; write package.module:attribute or path/to/file.py")
    if name.endswith(".py") or "/" in name or name in (".", ".."):
        path = folder / name
        if path.is_dir():
            return _discovered(path, attribute or None)
        return _of_file(path, attribute or None)
    if not attribute and (folder / name).is_dir() and not (folder / f"{name}.py").exists():
        return _discovered(folder / name)
    return Target(name, attribute or None, folder.resolve())


def _discovered(folder: Path, attribute: str | None = None) -> Target:
    for name in (*USUAL_FILES, "__init__.py"):
        if (folder / name).is_file():
            return _of_file(folder / name, attribute)
    looked = ", ".join(USUAL_FILES)
    raise ClearwayError(f"no app in {folder.absolute()} ({looked}); name one: clearway run package.module:app")


def _of_file(path: Path, attribute: str | None) -> Target:
    if not path.is_file():
        raise ClearwayError(f"{shown(path)}: no such file{_similar_file(path)}")
    path = path.resolve()
    # A package's modules have to be imported by their full name, or relative imports in them fail.
    names = [] if path.stem == "__init__" else [path.stem]
    root = path.parent
    while (root / "__init__.py").is_file():
        names.insert(0, root.name)
        root = root.parent
    if any("." in name for name in names) or not names:
        raise ClearwayError(f"{shown(path)}: a file of this name cannot be imported; rename it")
    return Target(".".join(names), attribute, root, path)


def _similar_file(path: Path) -> str:
    folder = path.parent
    if not folder.is_dir():
        match = nearest(folder.name, (entry.name for entry in _entries(folder.parent) if entry.is_dir()))
        return f"; did you mean {shown(folder.parent / match / path.name)}?" if match else ""
    match = nearest(path.name, (entry.name for entry in _entries(folder) if entry.suffix == ".py"))
    return f"; did you mean {shown(folder / match)}?" if match else ""


def _entries(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []
