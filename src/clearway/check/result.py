"""What a check found: the value that reports, baseline, plan and exit code are made from."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - the cache reads the types of a result at run time
from dataclasses import dataclass, field
from pathlib import Path  # noqa: TC003

from clearway.model import Finding, Root  # noqa: TC001


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
class Cause:
    """What keeps endpoints from being decided: calls that could not be followed, of one package or one function."""

    call: str
    """The first of the calls, as it is written."""
    file: str
    line: int
    function: str
    """In which it stands, as `module:name`."""
    package: str | None
    """The package that it leads to, or stands in; None where it is only known that nothing is known."""
    missing: bool
    """The package is not at hand: with it the calls could be followed."""
    calls: int
    """How many calls there are of this cause."""
    endpoints: int
    """How many undecided endpoints reach one of them."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """The endpoints whose verdict is `unknown`, and what would decide most of them."""

    endpoints: int = 0
    on_loop: int = 0
    """How many of them run on the event loop; the others are `def`, and run in a thread."""
    decided: int = 0
    """How many would be decided if all these causes were gone."""
    causes: tuple[Cause, ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """Everything one check found. Files are relative to `root`."""

    root: Path
    roots: tuple[Root, ...] = ()
    findings: tuple[Finding, ...] = ()
    """Of every level, sorted by file, line and rule; reports and exit codes filter them."""
    unresolved: Unresolved = field(default_factory=Unresolved)
    unknown: Unknown = field(default_factory=Unknown)
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


@dataclass(slots=True)
class Looked:
    """What a check looked at: while it stays the same, so does the result."""

    files: dict[str, str] = field(default_factory=dict)
    """Absolute paths, with the digests of their content; the digest may be left empty."""
    folders: list[str] = field(default_factory=list)
    """Absolute: which names they hold."""
