"""Rewrites syntax that is newer than the host's, in place: what remains stands at its own line and column.

The grammar's additions since 3.11 can all be told from the tokens, so this reads tokens and no tree: it is fast, and
text nested however deep cannot overflow a parser's stack. Whether the result is Python is for `ast.parse` to say.

    class A[T: int = str]: ...      class A              : ...
    type Pair[T] = tuple[T, T]      pass;Pair    = tuple[T, T]
    except OSError, ValueError:     except(OSError, ValueError):
    f"{user["name"]!r:>{width()}}"  [  user["name"],   width(),  ]

An f-string that the host reads is left alone. Columns count UTF-8 bytes, as in `ast`.
"""

from __future__ import annotations

import ast
import keyword
import re
from bisect import bisect_right
from contextlib import suppress
from dataclasses import dataclass

from clearway.check.source.tokens import (
    CONVERSION,
    DEBUG,
    LITERAL,
    NAMED_CHARACTER,
    STRING_END,
    TOKEN,
    TYPE_STATEMENT,
    YIELD,
    CodeState,
    ExceptClause,
    StringLiteral,
)

_TYPE = b"type "
"""Stands for the keyword of a type statement among the tokens; no token looks like it."""

TYPE_STATEMENTS = (3, 12)
NESTED_FSTRINGS = (3, 12)
TYPE_DEFAULTS = (3, 13)
BARE_EXCEPT_LISTS = (3, 14)
TEMPLATE_STRINGS = (3, 14)


@dataclass(frozen=True, slots=True)
class Lowered:
    """Text that the host's `ast.parse` may be able to read."""

    text: str
    formatted: frozenset[tuple[int, int]]
    """Line and column of the lists that stand for f-strings and t-strings."""


def lower(text: str, host: tuple[int, int]) -> Lowered:
    """The text in the syntax of Python `host`. From where its tokens make no sense it stays as it is."""
    data = text.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "surrogatepass")
    reader = _Reader(data, host)
    # Where that ends early, what was lowered so far lets the host's parser go on to the place that is wrong.
    with suppress(_Malformed, RecursionError):
        reader.code(CodeState())
    lines = [0, *(match.end() for match in re.finditer(rb"\n", data))]
    formatted = set()
    for offset in reader.formatted:
        line = bisect_right(lines, offset)
        formatted.add((line, offset - lines[line - 1]))
    return Lowered(_applied(data, reader.edits).decode("utf-8", "surrogatepass"), frozenset(formatted))


class _Malformed(Exception):
    """The tokens make no sense here."""


@dataclass(frozen=True, slots=True)
class _Edit:
    start: int
    end: int
    replacement: bytes


class _Reader:
    def __init__(self, data: bytes, host: tuple[int, int]) -> None:
        self.data = data
        self.host = host
        self.position = 0
        self.edits: list[_Edit] = []
        self.formatted: list[int] = []

    def code(self, code: CodeState) -> None:
        """Read tokens to the end of the text, or up to the character that ends a replacement field."""
        data, match = self.data, TOKEN.match
        while (token := match(data, self.position)) is not None:
            if token["gap"] is not None:
                self.position = token.end()
            elif token["newline"] is not None:
                self.position = token.end()
                if not code.in_field and not code.brackets:
                    self._close_strings(code)
                    code.starts_statement, code.clause = True, None
                    code.before = code.previous = b""
            elif token["quote"] is not None:
                code.strings.append(self._string(token))
                code.starts_statement = False
                code.before, code.previous = code.previous, b""
            else:
                self._close_strings(code)
                word = token[0]
                if code.in_field and not code.brackets and self._ends_field(word):
                    return
                if token["word"] is not None:
                    self._word(code, word)
                else:
                    self._operator(code, word)
                self.position = token.end()
        self._close_strings(code)
        if code.in_field:
            raise _Malformed

    def _ends_field(self, operator: bytes) -> bool:
        if operator in (b"}", b"!", b":", b":="):
            return True
        if operator in (b")", b"]"):
            raise _Malformed
        return operator == b"=" and DEBUG.match(self.data, self.position) is not None

    def _word(self, code: CodeState, word: bytes) -> None:
        starts, code.starts_statement = code.starts_statement and not code.brackets and not code.in_field, False
        if starts and word == b"type" and self._type_statement():
            word = _TYPE
        elif starts and word == b"except" and self.host < BARE_EXCEPT_LISTS:
            code.clause = ExceptClause(self.position)
        elif code.clause is not None and not code.brackets:
            code.clause.named |= word == b"as"
            code.clause.lambdas += word == b"lambda"
        code.before, code.previous = code.previous, word

    def _type_statement(self) -> bool:
        match = TYPE_STATEMENT.match(self.data, self.position)
        if match is None or keyword.iskeyword(match["name"].decode("utf-8", "replace")):
            return False
        if self.host < TYPE_STATEMENTS:
            after = self.position + len(b"type")
            # A backslash ends its line: there the semicolon is put in before it and moves nothing else.
            self._edit(self.position, after if self.data[after : after + 1] == b"\\" else after + 1, b"pass;")
        return True

    def _operator(self, code: CodeState, operator: bytes) -> None:
        code.starts_statement = False
        if operator in (b"(", b"[", b"{"):
            opens_types = operator == b"[" and code.before in (b"def", b"class", _TYPE) and self.host < TYPE_DEFAULTS
            code.brackets.append((self.position, len(self.edits), len(self.formatted)) if opens_types else None)
        elif operator in (b")", b"]", b"}"):
            if code.brackets and (opened := code.brackets.pop()) is not None:
                self._blank_types(*opened)
        elif not code.brackets:
            if operator == b"," and code.clause is not None:
                code.clause.commas.append(self.position)
            elif operator == b":" and code.clause is not None:
                self._colon(code, code.clause)
            elif operator in (b":", b";"):
                code.starts_statement = True
        code.before, code.previous = code.previous, operator

    def _blank_types(self, start: int, edits: int, formatted: int) -> None:
        del self.edits[edits:], self.formatted[formatted:]
        blank = _blank(self.data[start : self.position + 1])
        self._edit(start, self.position + 1, blank.replace(b"\n", b"\\\n"))  # outside of brackets a line must go on

    def _colon(self, code: CodeState, clause: ExceptClause) -> None:
        if clause.lambdas:
            clause.lambdas -= 1
            return
        code.clause, code.starts_statement = None, True
        if clause.commas and not clause.named:
            self._parenthesize(clause)

    def _parenthesize(self, clause: ExceptClause) -> None:
        """`except A, B:` becomes `except(A, B):`, and where there is no room `except A| B:`."""
        opened = self._opening(clause.start + len(b"except"))
        after = self.data[self.position + 1 : self.position + 2]
        if opened is not None and self.data[self.position - 1 : self.position] in (b" ", b"\t"):
            self.edits += [opened, _Edit(self.position - 1, self.position, b")")]
        elif opened is not None and after in (b" ", b"\t"):
            self.edits += [opened, _Edit(self.position, self.position + 2, b"):")]
        elif opened is not None and after in (b"\n", b"#", b""):
            self.edits += [opened, _Edit(self.position, self.position + 1, b"):")]
        else:
            for comma in clause.commas:
                trailing = not self.data[comma + 1 : self.position].strip()
                self._edit(comma, comma + 1, b" " if trailing else b"|")

    def _opening(self, position: int) -> _Edit | None:
        """What opens the parenthesis of `except A`, `except* A` or `except *A`; None where there is no room."""
        if (star := re.compile(rb"([ \t]*)\*([ \t]*)").match(self.data, position)) is None:
            return _Edit(position, position + 1, b"(") if self.data[position : position + 1] in (b" ", b"\t") else None
        if star[2]:
            return _Edit(star.start(2), star.start(2) + 1, b"(")
        return _Edit(star.end() - 2, star.end(), b"*(") if star[1] else None

    def _string(self, token: re.Match[bytes]) -> StringLiteral:
        prefix, quote = (token["prefix"] or b"").lower(), token["quote"]
        self.position = token.end()
        if b"f" not in prefix and b"t" not in prefix:
            if (end := STRING_END[quote].match(self.data, self.position)) is None:
                raise _Malformed
            self.position = end.end()
            return StringLiteral(token.start(), self.position, "plain")
        fields: list[tuple[int, int]] = []
        self._literal(quote, b"r" in prefix, fields, in_format=False)
        return StringLiteral(token.start(), self.position, "f" if b"f" in prefix else "t", tuple(fields))

    def _literal(self, quote: bytes, raw: bool, fields: list[tuple[int, int]], *, in_format: bool) -> None:
        """Read the literal part of an f-string to its closing quote, or a format specification up to its brace."""
        data = self.data
        while True:
            if (plain := LITERAL.match(data, self.position)) is not None:
                self.position = plain.end()
            here, pair = data[self.position : self.position + 1], data[self.position : self.position + 2]
            if data.startswith(quote, self.position):
                if in_format:
                    raise _Malformed
                self.position += len(quote)
                return
            if here == b"}" and in_format:
                return
            if pair in (b"{{", b"}}") and not in_format:
                self.position += 2
            elif here == b"{":
                self._field(quote, raw, fields)
            elif here == b"\\":
                named = None if raw else NAMED_CHARACTER.match(data, self.position)
                # `\{` is a backslash and the start of a field
                self.position = named.end() if named else self.position + (1 if pair[1:] in (b"{", b"}") else 2)
            elif here in (b"", b"}") or (here == b"\n" and len(quote) == 1):
                raise _Malformed
            else:
                self.position += 1

    def _field(self, quote: bytes, raw: bool, fields: list[tuple[int, int]]) -> None:
        start = self.position = self.position + 1
        self.code(CodeState(in_field=True))
        fields.append((start, self.position))
        for part in (DEBUG, CONVERSION):
            if (match := part.match(self.data, self.position)) is not None:
                self.position = match.end()
        if self.data[self.position : self.position + 1] == b":":
            self.position += 1
            self._literal(quote, raw, fields, in_format=True)
        if self.data[self.position : self.position + 1] != b"}":
            raise _Malformed
        self.position += 1

    def _close_strings(self, code: CodeState) -> None:
        """Lower the strings that were read one after the other, where the host cannot read them."""
        strings = code.strings
        if not strings:
            return
        code.strings = []
        kinds = {string.kind for string in strings}
        start, end = strings[0].start, strings[-1].end
        newer = ("t" in kinds and self.host < TEMPLATE_STRINGS) or (
            "f" in kinds and self.host < NESTED_FSTRINGS and not _readable(self.data[start:end])
        )
        if not newer:
            return
        for string in strings:
            at = string.start
            for first, last in string.fields:
                self._blank(at, first)
                self._field_start(first, last)
                self._edit(last, last + 1, b",")
                at = last + 1
            self._blank(at, string.end)
        self._edit(start, start + 1, b"[")
        self._edit(end - 1, end, b"]")
        self.formatted.append(start)

    def _field_start(self, first: int, last: int) -> None:
        """A list takes no bare `yield`: what it yields stays, the word goes."""
        if (match := YIELD.match(self.data, first, last)) is not None:
            word = _blank(match[0])
            at = match[0].index(b"yield")
            operand = self.data[match.end() : last].strip()
            self._edit(first, match.end(), word[:at] + (b"not  " if operand else b"None ") + word[at + 5 :])

    def _blank(self, start: int, end: int) -> None:
        self._edit(start, end, _blank(self.data[start:end]))

    def _edit(self, start: int, end: int, replacement: bytes) -> None:
        self.edits.append(_Edit(start, end, replacement))


def _blank(data: bytes) -> bytes:
    return re.sub(rb"[^\n]", b" ", data)


def _readable(string: bytes) -> bool:
    """Whether the host reads this string. The parentheses let it go over several lines."""
    try:
        ast.parse(f"({string.decode('utf-8', 'surrogatepass')}\n)")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _applied(data: bytes, edits: list[_Edit]) -> bytes:
    """The text after these edits. Where two meet, the later one was made with more knowledge."""
    even = bytearray(data)
    insertions = []
    for edit in edits:
        if edit.end - edit.start == len(edit.replacement):
            even[edit.start : edit.end] = edit.replacement
        else:
            insertions.append(edit)
    pieces, at = [], 0
    for edit in sorted(insertions, key=lambda edit: edit.start):
        pieces += [bytes(even[at : edit.start]), edit.replacement]
        at = edit.end
    return b"".join([*pieces, bytes(even[at:])])
