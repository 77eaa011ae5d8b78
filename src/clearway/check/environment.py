"""Where the project's installed packages live. Nothing of them is imported."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Distribution:
    """An installed distribution."""

    name: str
    version: str


@dataclass(frozen=True, slots=True)
class Environment:
    """An interpreter's installed packages."""

    executable: Path | None
    site_packages: tuple[Path, ...]
    """In the order of `sys.path`; folders that `.pth` files name included."""
    warnings: tuple[str, ...] = ()

    def module(self, name: str) -> Path | None:
        """The file of an installed module by its dotted name, `.py` before `.pyi`; None where there is none."""
        raise NotImplementedError

    def distribution(self, path: Path) -> Distribution | None:
        """The distribution that installed this file, from its `RECORD`; None where none says so."""
        raise NotImplementedError


def find_environment(root: Path, python: str | None = None) -> Environment:
    """The environment of `--python EXE`, else the project's own (`.venv`, `venv`, `VIRTUAL_ENV`), else Clearway's.

    Raises ClearwayError where `python` was given and is no interpreter, or its environment is broken.
    """
    raise NotImplementedError
