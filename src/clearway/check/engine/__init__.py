"""Who calls whom, by type: the protocol behind which a type checker stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from clearway.model import ClearwayError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from clearway.check.project import Project


class EngineError(ClearwayError):
    """The engine crashed, took too long, or speaks another format than its pinned version."""


@dataclass(frozen=True, slots=True)
class Target:
    """A function of the project that a call may run."""

    path: Path
    """The file that defines it."""
    line: int
    """1-based line of its name, that is of the `def`, not of its decorators."""
    name: str
    """The function's own name, `load`."""
    receiver: str | None = None
    """`module.Class` of the object that it is called on, where the engine knows it."""


@dataclass(frozen=True, slots=True)
class Span:
    """Where an expression stands: lines 1-based, columns 0-based in UTF-8 bytes, as in `ast`."""

    line: int
    column: int
    end_line: int
    end_column: int


class CallGraph(Protocol):
    """The engine's answer for one project. Asking is cheap; a module's part is read when first asked for."""

    def calls(self, path: Path, span: Span) -> Sequence[Target]:
        """The functions that the call expression at this place may run; empty where the engine does not know.

        Constructors answer with the class's `__init__` and `__new__`, where the project defines them.
        """

    def constructs(self, path: Path, span: Span) -> Sequence[str]:
        """`module.Class` of every class of the project that the call at this place makes an object of."""

    def properties(self, path: Path, span: Span) -> Sequence[Target]:
        """The property getters of the project that the attribute access at this place may run."""


class PendingCallGraph(Protocol):
    """An engine at work beside us."""

    def wait(self) -> CallGraph:
        """Its answer, when it is there. Raises EngineError."""

    def cancel(self) -> None:
        """End it; afterwards nothing of it is left on disk."""


class Engine(Protocol):
    """A type checker that writes call graphs."""

    name: str
    version: str

    def start(self, project: Project, workplace: Path) -> PendingCallGraph:
        """Begin to read the project. `workplace` is a private folder for what it writes. Raises EngineError."""
