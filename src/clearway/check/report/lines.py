"""Source lines as a terminal may see them."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_LINE_END = re.compile(r"\r\n|\r|\n")
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Control characters, what turns the direction of writing round, surrogates, and other ends of lines."""


def printable(text: str) -> str:
    """The text with everything escaped that would move a terminal's cursor, or hide what stands there."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_shown, text.expandtabs(4)))


def _shown(char: str) -> str:
    if unicodedata.category(char) not in _HIDDEN:
        return char
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


LONGEST = 200
"""Characters of a line that are shown: generated files have lines of a megabyte."""


class SourceLines:
    """The lines of a project's files; each file is read once."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._files: dict[str, list[str]] = {}

    def line(self, file: str, number: int) -> str:
        """A 1-based line without its indentation, ready to be printed; empty where there is none."""
        if file not in self._files:
            try:
                text = (self._root / file).read_bytes().decode("utf-8", "replace")
            except (OSError, ValueError):  # it may have gone since it was checked
                text = ""
            self._files[file] = _LINE_END.split(text)
        lines = self._files[file]
        if not 1 <= number <= len(lines):
            return ""
        line = lines[number - 1].strip()
        return printable(line if len(line) <= LONGEST else line[:LONGEST] + "…")
