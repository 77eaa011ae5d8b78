"""Text and syntax tree of a file, whichever Python it was written for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ast
    from pathlib import Path


class Unreadable(Exception):
    """A file that cannot be checked; the message is the reason, `line 3: invalid syntax`."""


@dataclass(frozen=True, slots=True)
class Source:
    """A parsed file. Where its syntax is newer than the host's, the tree is that of the same text with the new
    syntax lowered in place: every call stands at the line and column where the text has it.
    """

    path: Path
    text: str
    tree: ast.Module
    digest: str
    """SHA-256 of the file's bytes, in hexadecimal."""
    formatted: frozenset[tuple[int, int]] = frozenset()
    """Line and column of f-strings that stand in the tree as lists of their expressions, because they were lowered."""


def parse(path: Path) -> Source:
    """Read and parse a file. Raises Unreadable."""
    raise NotImplementedError
