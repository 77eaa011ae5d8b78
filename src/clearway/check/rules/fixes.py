"""The safe edit for a finding, where there is one."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from clearway.model import Fix

if TYPE_CHECKING:
    import ast

    from clearway.check.fix import FixKind
    from clearway.check.program.modules import Module
    from clearway.check.reach import Hit
    from clearway.check.survey import Study

_LINE_END = re.compile(r"\r\n|\r|\n")
"""What ends a line for Python; `str.splitlines` knows more than these."""


def fix_of_hit(study: Study, hit: Hit) -> Fix | None:
    """The edit that takes this operation off the loop."""
    del study, hit
    return None


def fix_at(kind: FixKind, module: Module, node: ast.expr | ast.stmt, description: str) -> Fix:
    """The edit of this kind at the place of a call or a `def`."""
    end_line = node.end_lineno or node.lineno
    end_offset = node.col_offset if node.end_col_offset is None else node.end_col_offset
    return Fix(
        kind=kind,
        file=module.shown,
        line=node.lineno,
        column=_characters(module, node.lineno, node.col_offset),
        end_line=end_line,
        end_column=_characters(module, end_line, end_offset),
        description=description,
    )


def _characters(module: Module, line: int, offset: int) -> int:
    """`ast` counts columns in UTF-8 bytes, people and LibCST in characters."""
    lines = _lines(module.source.text)
    if line > len(lines):
        return offset
    return len(lines[line - 1].encode("utf-8", "surrogatepass")[:offset].decode("utf-8", "ignore"))


@lru_cache(maxsize=8)
def _lines(text: str) -> tuple[str, ...]:
    return tuple(_LINE_END.split(text))
