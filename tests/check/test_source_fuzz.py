"""Whatever the bytes are: a tree, or Unreadable with one line. Never anything else."""

from __future__ import annotations

import ast
import sysconfig
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearway.check.source import Unreadable, parse, parse_bytes

STANDARD_LIBRARY = Path(sysconfig.get_paths()["stdlib"])
MODULES = ("asyncio/taskgroups.py", "contextlib.py", "json/decoder.py", "dataclasses.py", "typing.py", "textwrap.py")
NEWER = b"""type X[T: int = str] = list[T]
class A[**P](B): ...
try: f()
except A, B: g()
x = f"{a["b"]} {f'{c()!r:>{d()}}'}" t'{e = }'
"""
SPLINTERS = (
    b"[",
    b"]",
    b"{",
    b"}",
    b"'",
    b'"""',
    b"\\",
    b"\n",
    b"\0",
    b"\xff",
    b"f'{",
    b't"',
    b"type X",
    b"#",
    b"\t",
    b"except ",
)


@cache
def _module(name: str) -> bytes:
    return (STANDARD_LIBRARY / name).read_bytes()


def _tree_or_reason(data: bytes) -> None:
    try:
        source = parse_bytes(Path("app.py"), data)
    except Unreadable as error:
        reason = str(error)
    else:
        assert isinstance(source.tree, ast.Module)
        return
    assert reason
    assert "\n" not in reason


@given(st.binary(max_size=400))
@settings(max_examples=300)
def test_any_bytes(data: bytes) -> None:
    _tree_or_reason(data)


@given(st.text(max_size=200))
@settings(max_examples=200)
def test_any_text_below_newer_syntax(text: str) -> None:
    _tree_or_reason(NEWER + text.encode("utf-8", "surrogatepass"))


@given(
    name=st.sampled_from(MODULES),
    newer=st.booleans(),
    cuts=st.lists(
        st.tuples(st.floats(0, 1), st.integers(0, 30), st.sampled_from(SPLINTERS) | st.binary(max_size=6)),
        min_size=1,
        max_size=6,
    ),
)
@settings(max_examples=120)
def test_mutated_modules_of_the_standard_library(name: str, newer: bool, cuts: list[tuple[float, int, bytes]]) -> None:
    data = (NEWER if newer else b"") + _module(name)[:20_000]
    for where, length, splinter in cuts:
        at = int(where * len(data))
        data = data[:at] + splinter + data[at + length :]
    _tree_or_reason(data)


@given(cuts=st.lists(st.tuples(st.integers(0, len(NEWER)), st.sampled_from(SPLINTERS)), min_size=1, max_size=4))
@settings(max_examples=400)
def test_mutated_newer_syntax(cuts: list[tuple[int, bytes]]) -> None:
    data = NEWER
    for at, splinter in cuts:
        data = data[:at] + splinter + data[at + 1 :]
    _tree_or_reason(data)


@pytest.mark.parametrize(
    "cookie", ["utf-16", "utf-7", "idna", "punycode", "rot13", "undefined", "unicode_escape", "mbcs", "zip"]
)
def test_any_encoding_that_a_cookie_names(cookie: str) -> None:
    _tree_or_reason(f"# coding: {cookie}\nx = '\\ud800 \\0 \\d é'\n".encode("latin-1"))


@pytest.mark.parametrize("folder", ["asyncio", "json", "concurrent", "unittest", "logging"])
def test_modules_of_the_standard_library_are_read_whole(folder: str) -> None:
    for path in sorted((STANDARD_LIBRARY / folder).rglob("*.py")):
        if "test" not in path.parts:
            assert parse(path).tree.body or path.stat().st_size < 500
