"""What a folder of installed packages says about itself: `.pth` files, editable installs, RECORD files. Only read."""

from __future__ import annotations

import ast
import csv
import os
import re
import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_FINDER = re.compile(r"\b(__editable___\w+_finder|_editable_impl_\w+)\b")
"""Modules that setuptools and `editables` (hatch, pdm, flit) write for an editable install."""


@dataclass(slots=True)
class PathFiles:
    """What the `.pth` files of a folder add to imports."""

    folders: list[Path] = field(default_factory=list)
    modules: dict[str, Path] = field(default_factory=dict)
    """Top-level names of editable installs, and the package's folder or the module's file."""


def read_path_files(site: Path) -> PathFiles:
    """Folders and editable installs that the `.pth` files name. Their `import` lines are read, never executed."""
    added = PathFiles()
    for name in sorted(_names(site)):
        if not name.endswith(".pth") or name.startswith("."):
            continue
        for line in _text(site / name).splitlines():
            entry = line.strip()
            if not entry or entry.startswith("#"):
                continue
            if re.match(r"import\s", entry):
                for finder in _FINDER.findall(entry):
                    added.modules.update(_editable_modules(site / f"{finder}.py"))
            elif "\0" not in entry and (folder := site / entry).is_dir():
                added.folders.append(type(site)(os.path.normpath(folder)))
    return added


def _editable_modules(finder: Path) -> Iterator[tuple[str, Path]]:
    """The names that a finder maps: the literal MAPPING of setuptools', the `map_module` calls of `editables`."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(_text(finder))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in ast.walk(tree):
        for name, place in _mapped(node):
            if isinstance(name, str) and isinstance(place, str) and "\0" not in place:
                yield name, finder.parent / place


def _mapped(node: ast.AST) -> list[tuple[object, object]]:
    try:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(target, ast.Name) and target.id == "MAPPING" for target in targets):
                mapping = ast.literal_eval(node.value)
                return list(mapping.items()) if isinstance(mapping, dict) else []
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "map_module":
            arguments = [ast.literal_eval(argument) for argument in node.args]
            return [(arguments[0], arguments[1])] if len(arguments) == 2 else []
    except (ValueError, TypeError, MemoryError, RecursionError):  # not literal
        pass
    return []


def recorded(site: Path) -> Iterator[tuple[str, str, list[str]]]:
    """Name, version and absolute paths of the Python files of every distribution that is installed in a folder."""
    for folder in sorted(_names(site)):
        if not folder.endswith(".dist-info"):
            continue
        files = [
            os.path.normpath(os.path.join(site, row[0]))
            for row in _rows(_text(site / folder / "RECORD"))
            if row and row[0].endswith((".py", ".pyi"))
        ]
        if files:
            name, version = _identity(site / folder)
            yield name, version, files


def _rows(text: str) -> Iterator[list[str]]:
    try:
        yield from csv.reader(text.splitlines())
    except csv.Error:  # a damaged RECORD says what it says up to here
        return


def _identity(folder: Path) -> tuple[str, str]:
    name, _, version = folder.name.removesuffix(".dist-info").partition("-")
    headers = _text(folder / "METADATA").partition("\n\n")[0]
    for key, value in re.findall(r"^(Name|Version):[ \t]*(\S+)", headers, re.MULTILINE):
        name, version = (value, version) if key == "Name" else (name, value)
    return name, version


def _names(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig", "replace").replace("\r\n", "\n")
    except (OSError, ValueError):
        return ""
