"""Imports that edits need, added where a person would, and imports that they left without a use, taken away."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

import libcst as cst
from libcst import helpers

from clearway.check.fix.edit import Edit
from clearway.check.fix.tree import NEWLINE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from clearway.check.fix.names import Imported, Names
    from clearway.check.fix.tree import Statement, Tree


class Section:
    """The imports at the top of a module, and where another one fits in."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._newline = tree.module.default_newline
        statements = list(tree.statements)
        self._last_before: Statement | None = None
        while statements and (_is_docstring(statements[0]) or _is_future(statements[0])):
            if _is_docstring(statements[0]) and self._last_before is not None:
                break
            self._last_before = statements.pop(0)
        self._next = statements[0] if statements else None
        self._groups = _groups(tree, statements)

    def add(self, modules: Collection[str]) -> list[Edit]:
        """`import` lines for these modules of the standard library."""
        if not modules:
            return []
        group = next((each for each in self._groups if any(map(_is_standard, each))), None)
        if group is not None:
            return [self._into(group, module) for module in sorted(modules)]
        lines = "".join(f"import {module}{self._newline}" for module in sorted(modules))
        if self._groups:
            at = self._groups[0][0].first_line
            return [Edit(at, at, lines + self._newline)]
        return [self._alone(lines)]

    def _into(self, group: Sequence[Statement], module: str) -> Edit:
        """Sorted: `import` lines by name, then `from` lines."""
        for statement in group:
            if _sort_key(statement) > (0, module):
                is_first = statement is group[0]
                at = statement.first_line if is_first else statement.span[0]
                return Edit(at, at, f"import {module}{self._newline}")
        return self._after(group[-1], f"import {module}{self._newline}")

    def _alone(self, lines: str) -> Edit:
        """For a module without imports at its top."""
        following = self._next
        gap = self._newline * (2 if following and isinstance(following.node, cst.FunctionDef | cst.ClassDef) else 1)
        if self._last_before is not None:
            text = self._tree.text
            at = self._tree.line_end(max(self._last_before.span[0], self._last_before.span[1] - 1))
            has_gap = following is None or NEWLINE.match(text, at) is not None
            return self._after(self._last_before, self._newline + lines + ("" if has_gap else gap))
        if following is None:
            return Edit(len(self._tree.text), len(self._tree.text), lines)
        at = self._above(following)
        return Edit(at, at, lines + gap)

    def _after(self, statement: Statement, lines: str) -> Edit:
        at = statement.span[1]
        ends_line = self._tree.text[at - 1 : at] in ("\n", "\r")
        if ends_line:
            return Edit(at, at, lines)
        return Edit(at, at, self._newline + lines.removesuffix(self._newline))

    def _above(self, statement: Statement) -> int:
        """Above the comments that belong to the statement. Those at the very top of a file belong to the file."""
        at = own = statement.first_line
        while at > 0:
            before = self._tree.line_start(at - 1)
            line = self._tree.text[before:at].strip("\ufeff \t\f\r\n")
            if not line.startswith("#"):
                return at
            if before == at or self._tree.text[:before].strip("\ufeff") == "":
                return own
            at = before
        return at


def unused(tree: Tree, names: Names, local: str, dropped: Collection[cst.Name]) -> list[Edit]:
    """Take away the one import of this name, if nothing but the dropped names used it. In doubt it stays."""
    imported = names.imported[local]
    if len(imported) != 1 or names.bound_elsewhere(local):
        return []
    if any(use not in dropped for use in names.uses[local]) or _is_named_in_string(names, local):
        return []
    line = imported[0].line
    if line is None or not tree.is_exact(line) or len(line.body) > 1 or line.trailing_whitespace.comment is not None:
        return []
    edit = _whole_line(tree, line) if _alias_count(imported[0]) == 1 else _one_name(tree, imported[0])
    return [edit] if edit is not None else []


def _is_named_in_string(names: Names, local: str) -> bool:
    """As in `__all__`, in an annotation in quotes, or in the target of a patch."""
    named = re.compile(rf"\A[^'\"]*['\"]+{re.escape(local)}['\"]+\Z|\b{re.escape(local)}\.\w")
    return any(named.search(string) for string in names.strings)


def _alias_count(imported: Imported) -> int:
    names = imported.statement.names
    return 0 if isinstance(names, cst.ImportStar) else len(names)


def _whole_line(tree: Tree, line: cst.SimpleStatementLine) -> Edit | None:
    parent = tree.parents[line]
    if isinstance(parent, cst.IndentedBlock) and len(parent.body) == 1:
        return None
    start, end = tree.span(line)
    return Edit(tree.line_start(start), tree.line_end(max(start, end - 1)), "")


def close_gaps(tree: Tree, edits: Sequence[Edit]) -> list[Edit]:
    """The same, with the blank line below a line that goes and stood between blank lines."""
    closed: list[Edit] = []
    for edit in edits:
        above = tree.text[tree.line_start(edit.start - 1) : edit.start] if edit.start else "\n"
        below = tree.line_end(edit.end)
        is_line = edit.start == tree.line_start(edit.start) and edit.end == tree.line_end(edit.start)
        is_alone = is_line and _is_blank(above) and _is_blank(tree.text[edit.end : below])
        closed.append(Edit(edit.start, below if is_alone else edit.end, ""))
    return closed


def _is_blank(line: str) -> bool:
    return bool(line) and not line.strip()


def _one_name(tree: Tree, imported: Imported) -> Edit | None:
    """Its name among others, with the comma that goes with it."""
    aliases = imported.statement.names
    assert not isinstance(aliases, cst.ImportStar)
    index = aliases.index(imported.alias)
    if index + 1 < len(aliases):
        start, end = tree.span(imported.alias)[0], tree.span(aliases[index + 1])[0]
    else:
        start, end = tree.span(aliases[index - 1])[1], tree.span(imported.alias)[1]
    return None if "#" in tree.text[start:end] else Edit(start, end, "")


def _groups(tree: Tree, statements: Sequence[Statement]) -> list[list[Statement]]:
    """The first imports of the module, in the groups that blank lines make."""
    found: list[list[Statement]] = []
    for statement in statements:
        if not all(isinstance(each, cst.Import | cst.ImportFrom) for each in _small(statement)):
            break
        above = tree.text[statement.span[0] : statement.first_line]
        if not found or any(_is_blank(line) for line in above.splitlines(keepends=True)):
            found.append([])
        found[-1].append(statement)
    return found


def _small(statement: Statement) -> Iterator[cst.CSTNode]:
    """The simple statements of a line, or the compound one itself."""
    node = statement.node
    yield from node.body if isinstance(node, cst.SimpleStatementLine) else [node]


def _is_docstring(statement: Statement) -> bool:
    first = next(_small(statement))
    return isinstance(first, cst.Expr) and isinstance(first.value, cst.SimpleString | cst.ConcatenatedString)


def _is_future(statement: Statement) -> bool:
    first = next(_small(statement))
    return isinstance(first, cst.ImportFrom) and _module(first) == "__future__"


def _module(node: cst.CSTNode) -> str:
    """The module that an import names first; it starts with a dot for a relative one."""
    if isinstance(node, cst.ImportFrom):
        name = helpers.get_full_name_for_node(node.module) if node.module else ""
        return "." * len(node.relative) + (name or "")
    return node.names[0].evaluated_name if isinstance(node, cst.Import) else ""


def _is_standard(statement: Statement) -> bool:
    return all(_module(each).partition(".")[0] in sys.stdlib_module_names for each in _small(statement))


def _sort_key(statement: Statement) -> tuple[int, str]:
    first = next(_small(statement))
    return int(isinstance(first, cst.ImportFrom)), _module(first)
