"""Reads the hand-written tables of names that must be found and that must not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

_HERE = Path(__file__).parent


def blocking() -> Iterator[tuple[str, str, str]]:
    """(name, severity, kind) of every operation that must be found."""
    for head, names in _lines("blocking.txt"):
        severity, kind = head.split()
        owner, *attributes = names
        for attribute in attributes:
            yield f"{owner}.{attribute}", severity, kind


def harmless() -> Iterator[str]:
    """Every name that must be known not to block."""
    for owner, names in _lines("harmless.txt"):
        for name in names:
            yield f"{owner}.{name}"


def looked_at() -> set[str]:
    """Packages that need no entry."""
    lines = (_HERE / "looked_at.txt").read_text(encoding="utf-8").splitlines()
    return {package for line in lines if not line.startswith("#") for package in line.split()}


def _lines(file: str) -> Iterator[tuple[str, list[str]]]:
    for line in (_HERE / file).read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            head, _, rest = line.partition(": ")
            yield head, rest.split()
