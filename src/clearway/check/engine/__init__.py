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
    """The engine's answer for one project. Asking is cheap; a module's part is read when first asked for.

    Every question may raise EngineError, where the part that it needs cannot be read.
    """

    @property
    def unanswered(self) -> Sequence[Path]:
        """The project's files of which the engine says nothing: no call in them is resolved here."""

    def calls(self, path: Path, span: Span) -> Sequence[Target]:
        """The functions that the call expression at this place may run; empty where the engine does not know.

        Constructors answer with the class's `__init__` and `__new__`, where the project defines them, and with the
        `__post_init__` of a dataclass. A decorated function is answered as it stands below its decorators. A method
        answers with all that override it in the receiver's subclasses; one whose body is `...` is left out.
        """

    def constructs(self, path: Path, span: Span) -> Sequence[str]:
        """`module.Class` of every class of the project that the call at this place makes an object of.

        A class within another, or within a function, has the outer names in between: `module.Outer.Inner`.
        """

    def properties(self, path: Path, span: Span) -> Sequence[Target]:
        """The property getters of the project that the attribute access at this place may run."""

    def implicit(self, path: Path, span: Span) -> Sequence[Target]:
        """The methods of the project that are called without being written, for the expression at this place.

        Of a `with` item `__enter__` and `__exit__` or their async twins; of what a `for` or a comprehension walks
        through, and of a call of `iter()` or `next()`, `__iter__` and `__next__` or their async twins.
        """


class PendingCallGraph(Protocol):
    """An engine at work beside us."""

    def wait(self) -> CallGraph:
        """Its answer, when it is there; it reads files until `cancel`. Raises EngineError, and then leaves none."""

    def cancel(self) -> None:
        """End it, at work or done; afterwards nothing of it is left on disk."""


class Engine(Protocol):
    """A type checker that writes call graphs."""

    name: str
    version: str

    def start(self, project: Project, workplace: Path) -> PendingCallGraph:
        """Begin to read the project. `workplace` is a private folder for what it writes. Raises EngineError."""
