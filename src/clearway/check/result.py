"""What a check found: the value that reports, baseline, plan and exit code are made from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from clearway.model import Finding, Root


@dataclass(frozen=True, slots=True)
class Place:
    """A call that could not be resolved, where it stands and as it is written."""

    file: str
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that was not checked, and why."""

    file: str
    """Relative to the project's root."""
    reason: str
    """`line 3: invalid syntax`, `not UTF-8` …"""


@dataclass(frozen=True, slots=True)
class Unresolved:
    """What stayed dynamic: calls reached from a root whose target is not known."""

    calls: int = 0
    total: int = 0
    """All calls that were reached."""
    modules: tuple[str, ...] = ()
    """Top-level names of imported modules whose code was not at hand and of which no library data speaks."""
    places: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """Everything one check found. Files are relative to `root`."""

    root: Path
    roots: tuple[Root, ...] = ()
    findings: tuple[Finding, ...] = ()
    """Of every level, sorted by file, line and rule; reports and exit codes filter them."""
    unresolved: Unresolved = field(default_factory=Unresolved)
    skipped: tuple[Skipped, ...] = ()
    warnings: tuple[str, ...] = ()
    """One line each: the engine's and the environment's troubles that did not stop the check."""
    files: int = 0
    """How many files were checked."""
    checked: tuple[str, ...] = ()
    """Those files: where comments that ignore findings are looked for."""
    evidence: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By root id: the files of the project that were read to decide about it. A plan holds while they stay the same;
    a root without an entry is never put on the loop.
    """
    seconds: float = 0.0
