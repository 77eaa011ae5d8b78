"""Python's tokens as far as lowering tells them apart, and what is remembered while they are read. All are bytes."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_GAP = rb"(?:[ \t\f]|\\\n)"
_NAME = rb"[A-Za-z_\x80-\xff][A-Za-z0-9_\x80-\xff]*"
TOKEN = re.compile(
    rb"(?P<gap>" + _GAP + rb"+|\#[^\n]*)|(?P<newline>\n)"
    rb"|(?P<prefix>[rR][bBfFtT]?|[bBfFtT][rR]?|[uU])?(?P<quote>\"{3}|'{3}|[\"'])"
    rb"|(?P<word>" + _NAME + rb")|\.?[0-9][A-Za-z0-9_.]*"
    rb"|[!=<>:+*/%&|^@-]=|->|."
)
STRING_END = {
    b"'": re.compile(rb"[^'\\\n]*(?:\\.[^'\\\n]*)*'", re.DOTALL),
    b'"': re.compile(rb'[^"\\\n]*(?:\\.[^"\\\n]*)*"', re.DOTALL),
    b"'''": re.compile(rb"[^'\\]*(?:(?:\\.|'(?!''))[^'\\]*)*'''", re.DOTALL),
    b'"""': re.compile(rb'[^"\\]*(?:(?:\\.|"(?!""))[^"\\]*)*"""', re.DOTALL),
}
TYPE_STATEMENT = re.compile(rb"type" + _GAP + rb"+(?P<name>" + _NAME + rb")" + _GAP + rb"*(?:\[|=(?!=))")
LITERAL = re.compile(rb"[^\\{}'\"\n]+")
NAMED_CHARACTER = re.compile(rb"\\N\{[^{}'\"\n]*\}")
_TRIVIA = rb"(?:[ \t\f\n]|\\\n|\#[^\n]*)*"
DEBUG = re.compile(rb"=" + _TRIVIA + rb"(?=[!:}])")
CONVERSION = re.compile(rb"!" + _TRIVIA + _NAME + _TRIVIA)
YIELD = re.compile(rb"\s*yield\b(?:\s*from\b)?")


@dataclass(frozen=True, slots=True)
class StringLiteral:
    """One string literal. `fields` are the places of the expressions in it, each followed by one character of its
    own that ends it.
    """

    start: int
    end: int
    kind: str
    """`plain`, `f` or `t`."""
    fields: tuple[tuple[int, int], ...] = ()


@dataclass(slots=True)
class ExceptClause:
    """An `except` clause that is being read."""

    start: int
    commas: list[int] = field(default_factory=list)
    lambdas: int = 0
    named: bool = False


@dataclass(slots=True)
class CodeState:
    """Where the reader is among the tokens of the file, or of one replacement field of an f-string."""

    in_field: bool = False
    before: bytes = b""
    previous: bytes = b""
    starts_statement: bool = True
    brackets: list[tuple[int, int, int] | None] = field(default_factory=list)
    """For open brackets of type parameters their offset, and how many edits and f-strings there were before."""
    strings: list[StringLiteral] = field(default_factory=list)
    """String literals that follow each other and so are one string."""
    clause: ExceptClause | None = None
