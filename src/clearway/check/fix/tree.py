"""A text and its LibCST tree, joined by offsets.

LibCST does not give every text back unchanged (it loses byte order marks, and form feeds in front of an indentation),
and finding the positions of a whole module costs more than parsing it. So the tree says what stands where, positions
are made only for the top-level statements that are asked for, and the edits are done to the text itself.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass, fields
from functools import cache
from typing import TYPE_CHECKING, TypeVar, cast

import libcst as cst
from libcst.metadata import CodePosition, CodeRange, MetadataWrapper, PositionProvider

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Node = TypeVar("Node", bound=cst.CSTNode)
Span = tuple[int, int]
"""Where something starts and ends, in characters from the start of the text."""

NEWLINE = re.compile(r"\r\n|\r|\n")
_FORM_FEEDS = re.compile(r"^([ \t]*\f[ \t\f]*)|\f", re.MULTILINE)
_LAYOUT = frozenset(
    {
        "asynchronous",
        "colon",
        "comma",
        "dot",
        "equal",
        "first_colon",
        "footer",
        "header",
        "indent",
        "lbrace",
        "lbracket",
        "leading_lines",
        "leading_whitespace",
        "lines_after_decorators",
        "lpar",
        "newline",
        "rbrace",
        "rbracket",
        "rpar",
        "second_colon",
        "semicolon",
        "trailing_comma",
        "trailing_whitespace",
    }
)


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement of the module itself."""

    node: cst.BaseCompoundStatement | cst.SimpleStatementLine
    line: int
    """0-based."""
    span: Span
    """With the blank lines and comments above it, and the end of its last line."""
    first_line: int
    """Where its own first line starts, below those."""
    is_exact: bool
    """Whether LibCST gives it back unchanged. Where it does not, its positions are not to be trusted."""


class Tree:
    """A parsed text. Raises ValueError where it does not parse."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._plain, dropped = _without_form_feeds(text)
        self._dropped_plain = [at - count for count, at in enumerate(dropped)]
        self.module = _parse(self._plain)
        self._plain_line_starts = [0, *(match.end() for match in NEWLINE.finditer(self._plain)), len(self._plain)]
        self.statements = tuple(self._statements())
        self.parents: dict[cst.CSTNode, cst.CSTNode] = {}
        self._by_type: dict[type[cst.CSTNode], list[cst.CSTNode]] = defaultdict(list)
        self._note_parents()
        self._line_starts = [len(text) - len(text.removeprefix("\ufeff")), *(m.end() for m in NEWLINE.finditer(text))]
        self._spans: dict[cst.CSTNode, Span] = {}
        self._calls: dict[Span, cst.Call] = {}
        self._functions: dict[int, cst.FunctionDef] = {}
        self._located: set[cst.CSTNode] = set()

    def call(self, start: tuple[int, int], end: tuple[int, int]) -> cst.Call | None:
        """The call from this line and column to that one."""
        span = self._offset(*start), self._offset(*end)
        self._locate_around(span[0])
        return self._calls.get(span)

    def function(self, start: tuple[int, int]) -> cst.FunctionDef | None:
        """The function whose `def`, or the `async` in front of it, stands at this line and column."""
        offset = self._offset(*start)
        self._locate_around(offset)
        return self._functions.get(offset)

    def span(self, node: cst.CSTNode) -> Span:
        """Where this node stands: without its own parentheses, and without the layout around it."""
        if node not in self._spans:
            self._locate(self._statement_of(node))
        return self._spans[node]

    def is_exact(self, node: cst.CSTNode) -> bool:
        """Whether the position of this node can be trusted."""
        return self._statement_of(node).is_exact

    def layout(self, owner: cst.CSTNode, part: cst.CSTNode) -> Span:
        """Where white space or a comma of this node stands."""
        self.span(owner)
        return self._spans[part]

    def ancestors(self, node: cst.CSTNode) -> Iterator[tuple[cst.CSTNode, cst.CSTNode]]:
        """(child, parent) from this node upwards to the module."""
        while (parent := self.parents.get(node)) is not None:
            yield node, parent
            node = parent

    def nodes(self, kind: type[Node]) -> Sequence[Node]:
        """All nodes of exactly this type."""
        return cast("Sequence[Node]", self._by_type[kind])

    def line_start(self, offset: int) -> int:
        """Where the line starts that this offset stands on."""
        return self._line_starts[max(0, bisect_right(self._line_starts, offset) - 1)]

    def line_end(self, offset: int) -> int:
        """Where the line after the one of this offset starts, or the text ends."""
        after = bisect_right(self._line_starts, offset)
        return self._line_starts[after] if after < len(self._line_starts) else len(self.text)

    def indentation(self, offset: int) -> str:
        """The white space that the line of this offset starts with."""
        line = self.text[self.line_start(offset) : offset]
        return line[: len(line) - len(line.lstrip(" \t\f"))]

    def _offset(self, line: int, column: int) -> int:
        """The offset of a place; -1 where the text has no such line."""
        if not 1 <= line <= len(self._line_starts) or column < 0:
            return -1
        return self._line_starts[line - 1] + column

    def _statement_of(self, node: cst.CSTNode) -> Statement:
        while (parent := self.parents[node]) is not self.module:
            node = parent
        return next(statement for statement in self.statements if statement.node is node)

    def _from_plain(self, plain: int) -> int:
        return plain + bisect_right(self._dropped_plain, plain)

    def _statements(self) -> Iterator[Statement]:
        """The statements, found by counting lines: LibCST loses a blank here and there, but never a line."""
        module, plain = self.module, self._plain
        line_starts = self._plain_line_starts
        count = len(line_starts) - 1
        line = len(module.header)
        for node in module.body:
            code = module.code_for_node(node)
            below = line + len(NEWLINE.findall(code))
            if below > count:
                raise ValueError("its line ends cannot be read back unchanged")
            own = line + len(node.leading_lines)
            start, first, end = (self._from_plain(line_starts[each]) for each in (line, own, below))
            written = plain[line_starts[line] : line_starts[below]]
            is_exact = code == written or (below == count and NEWLINE.fullmatch(code.removeprefix(written)) is not None)
            yield Statement(node, line, (start, end), first, is_exact)
            line = below

    def _note_parents(self) -> None:
        waiting: list[cst.CSTNode] = [self.module]
        while waiting:
            parent = waiting.pop()
            for name in _parts(type(parent)):
                value = getattr(parent, name)
                for child in value if isinstance(value, (list, tuple)) else (value,):
                    if isinstance(child, cst.CSTNode):
                        self.parents[child] = parent
                        self._by_type[type(child)].append(child)
                        waiting.append(child)

    def _locate_around(self, offset: int) -> None:
        for statement in self.statements:
            if statement.is_exact and statement.span[0] <= offset < statement.span[1]:
                self._locate(statement)

    def _locate(self, statement: Statement) -> None:
        """Find the positions of everything in this statement."""
        if statement.node in self._located:
            return
        self._located.add(statement.node)

        def offset(position: CodePosition) -> int:
            return self._from_plain(self._plain_line_starts[statement.line + position.line - 1] + position.column)

        alone = self.module.with_changes(header=(), footer=(), body=(statement.node,))
        ranges = MetadataWrapper(alone, unsafe_skip_copy=True).resolve(PositionProvider)
        for node, where in ranges.items():
            assert isinstance(where, CodeRange)
            span = offset(where.start), offset(where.end)
            self._spans[node] = span
            if not statement.is_exact:
                continue
            if isinstance(node, cst.Call):
                self._calls[span] = node
            elif isinstance(node, cst.FunctionDef):
                self._functions[span[0]] = node


def _parse(plain: str) -> cst.Module:
    try:
        return cst.parse_module(plain)
    except cst.ParserSyntaxError as error:
        raise ValueError(f"line {error.raw_line}: invalid syntax") from None
    except cst.CSTValidationError as error:  # it is stricter than Python about blanks around words
        raise ValueError(f"LibCST does not take it: {str(error).partition(chr(10))[0]}") from None
    except UnicodeError:
        raise ValueError("it holds half a character (a lone surrogate)") from None


def _without_form_feeds(text: str) -> tuple[str, list[int]]:
    """The text without a byte order mark and without form feeds that stand in front of an indentation, and their
    offsets. Other form feeds are spaces then.
    """
    dropped = [0] if text.startswith("\ufeff") else []
    if not dropped and "\f" not in text:
        return text, []
    pieces: list[str] = []
    at = len(dropped)
    for match in _FORM_FEEDS.finditer(text):
        pieces.append(text[at : match.start()])
        if match[1] is None:
            pieces.append(" ")
        else:  # a form feed sets the column back to 0: only what follows the last one indents
            last = match.start() + match[1].rindex("\f") + 1
            dropped += range(match.start(), last)
            pieces.append(text[last : match.end()])
        at = match.end()
    return "".join([*pieces, text[at:]]), dropped


@cache
def _parts(kind: type[cst.CSTNode]) -> tuple[str, ...]:
    """The fields of a node that hold syntax and not layout."""
    names = (field.name for field in fields(kind))
    return tuple(name for name in names if not name.startswith("whitespace") and name not in _LAYOUT)
