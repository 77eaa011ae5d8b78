"""Text and syntax tree of a file, whichever Python it was written for."""

from __future__ import annotations

import ast
import hashlib
import io
import stat
import sys
import tokenize
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

from clearway.check.source.lowering import lower

if TYPE_CHECKING:
    from pathlib import Path

MOST_BYTES = 8_000_000
"""A larger file is no source that anybody wrote or calls; its tree alone would take a gigabyte."""

_BOM = b"\xef\xbb\xbf"


class Unreadable(Exception):
    """A file that cannot be checked; the message is the reason, `line 3: invalid syntax`."""


@dataclass(frozen=True, slots=True)
class Source:
    """A parsed file. Where its syntax is newer than the host's, the tree is that of the same text with the new
    syntax lowered in place: every call stands at the line and column where the text has it.
    """

    path: Path
    text: str
    """As it stands in the file, line ends included; without a byte order mark."""
    tree: ast.Module
    digest: str
    """SHA-256 of the file's bytes, in hexadecimal."""
    formatted: frozenset[tuple[int, int]] = frozenset()
    """Line and column of f-strings that stand in the tree as lists of their expressions, because they were lowered."""
    encoding: str = "utf-8"
    """What turns the text into the file's bytes again: `utf-8-sig` where there is a byte order mark."""


def parse(path: Path) -> Source:
    """Read and parse a file. Raises Unreadable."""
    return parse_bytes(path, read(path))


def read(path: Path) -> bytes:
    """The bytes of a file that can be Python. Raises Unreadable."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise Unreadable("not a regular file")
        if status.st_size > MOST_BYTES:
            raise Unreadable(f"larger than {MOST_BYTES // 1_000_000} MB")
        return path.read_bytes()
    except OSError as error:
        raise Unreadable(f"cannot be read: {error.strerror or error}") from None
    except ValueError:  # a null character
        raise Unreadable("no name that a file can have") from None


def digest_of(data: bytes) -> str:
    """SHA-256 of a file's bytes, in hexadecimal: the `digest` of the Source that they parse to."""
    return hashlib.sha256(data).hexdigest()


def parse_bytes(path: Path, data: bytes) -> Source:
    """Parse what `read` gave. Raises Unreadable."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the user's code: invalid escapes, `is` with a literal
        text, encoding = _decode(data)
        tree, formatted = _tree(text)
    return Source(path, text, tree, digest_of(data), formatted, encoding)


def _decode(data: bytes) -> tuple[str, str]:
    """The text of a file, and the encoding that its byte order mark or its cookie (PEP 263) names."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    except SyntaxError as error:
        if "unknown encoding" in str(error):
            raise Unreadable(f"line {_cookie_line(data)}: {error}") from None
        if data.startswith(_BOM) and "problem" in str(error):
            raise Unreadable(f"line {_cookie_line(data)}: the coding cookie contradicts the byte order mark") from None
        raise Unreadable("not UTF-8") from None
    try:
        text = data.decode(encoding)
    except (UnicodeError, LookupError, ValueError, OverflowError):  # LookupError: `coding: hex` is no text encoding
        raise Unreadable("not UTF-8" if encoding.startswith("utf-8") else f"not {encoding}") from None
    if "\0" in text:
        raise Unreadable(f"line {text[: text.index(chr(0))].count(chr(10)) + 1}: a null byte")
    return text, encoding


def _cookie_line(data: bytes) -> int:
    return 1 if b"coding" in data.partition(b"\n")[0] else 2


def _tree(text: str) -> tuple[ast.Module, frozenset[tuple[int, int]]]:
    try:
        return _parsed(text), frozenset()
    except SyntaxError as error:
        first = error
    lowered = lower(text, sys.version_info[:2])
    try:
        return _parsed(lowered.text), lowered.formatted
    except SyntaxError as error:
        # The host's first error may be syntax that it does not know; what is left after lowering is a mistake.
        line = error.lineno or first.lineno
        raise Unreadable(f"line {line}: {error.msg}" if line else error.msg) from None


def _parsed(text: str) -> ast.Module:
    try:
        return ast.parse(text)
    except (RecursionError, MemoryError):
        raise Unreadable("nested too deeply") from None
    except (ValueError, OverflowError, SystemError) as error:  # ValueError: lone surrogates that an encoding let pass
        raise Unreadable(f"cannot be parsed: {error}") from None
