"""Texts in which «kind:…» marks the place of a fix, so that a test shows what it asks for where it stands."""

from __future__ import annotations

import re

from clearway.check.fix import applied
from clearway.model import Fix


def marked(text: str, file: str = "app.py") -> tuple[str, list[Fix]]:
    """The text without its marks, and the fixes that they ask for, in the order in which they start."""
    plain: list[str] = []
    opened: list[tuple[int, str, int, int]] = []
    found: list[tuple[int, Fix]] = []
    line, column, count = 1, 0, 0
    for piece in re.split(r"(«\w+:|»|\r\n|\r|\n)", text):
        if piece.startswith("«"):
            opened.append((count, piece[1:-1], line, column))
            count += 1
        elif piece == "»":
            order, kind, start_line, start_column = opened.pop()
            found.append((order, Fix(kind, file, start_line, start_column, line, column, "")))
        else:
            plain.append(piece)
            is_newline = piece in ("\r\n", "\r", "\n")
            line += is_newline
            column = 0 if is_newline else column + len(piece.removeprefix("\ufeff"))
    return "".join(plain), [fix for _, fix in sorted(found, key=lambda pair: pair[0])]


def fixed(text: str, file: str = "app.py") -> str:
    """The text after all marked fixes, each of which must have been done."""
    plain, fixes = marked(text, file)
    assert fixes, "no place is marked"
    after, done = applied(plain, fixes)
    assert list(done) == fixes
    return after


def is_left_out(text: str) -> bool:
    """Whether not one of the marked fixes is done."""
    plain, fixes = marked(text)
    assert fixes, "no place is marked"
    return applied(plain, fixes) == (plain, ())


def expression(text: str) -> str:
    """An expression with marks, after its fixes, as the only line of an `async def` of a module that has imports."""
    before = "import asyncio\nimport functools\n\n\nasync def f(self, lock):\n    "
    after = fixed(before + text + "\n")
    assert after.startswith(before)
    return after.removeprefix(before).removesuffix("\n")


def expression_is_left_out(text: str) -> bool:
    """Whether no fix of the expression is done there."""
    return is_left_out(f"import asyncio\nimport functools\n\n\nasync def f(self, lock):\n    {text}\n")
