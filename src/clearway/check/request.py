"""What a check is asked for: the value that the command line makes and the analysis reads."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from clearway.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path


class Progress(Protocol):
    """Told how far a long check has come. Never raises."""

    def step(self, what: str, done: int, total: int) -> None:
        """`what` is at work, `done` of `total` parts are finished; a total of 0 is not known yet."""


@dataclass(frozen=True, slots=True)
class Request:
    """One check, `clearway.check.analysis.check(request)`."""

    paths: tuple[Path, ...]
    """Files and folders to check; never empty."""
    src: tuple[Path, ...] = ()
    """Source roots, where they are not to be found by looking."""
    python: str | None = None
    """The interpreter whose installed packages are read; None for the project's own."""
    all_roots: bool = False
    """Whether any `async def` is a root."""
    settings: Settings = field(default_factory=Settings)
    progress: Progress | None = None
    use_cache: bool = True
