"""Newer syntax is rewritten in place: whatever remains keeps its line and column."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from clearway.check.source.lowering import lower
from tests.check.programs import Interpreter, Span, newer_python, programs

# Of the text that is lowered; `source` silences them.
pytestmark = [pytest.mark.filterwarnings(f"ignore::{kind}") for kind in ("SyntaxWarning", "DeprecationWarning")]

HOST = sys.version_info[:2]
OLDEST = (3, 11)
reads_no_nested_quotes = pytest.mark.skipif(HOST >= (3, 12), reason="this Python reads every f-string itself")


def _calls(text: str) -> list[Span]:
    found: list[Span] = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call):
            assert node.end_lineno is not None
            assert node.end_col_offset is not None
            found.append((node.lineno, node.col_offset, node.end_lineno, node.end_col_offset))
    return sorted(found)


def _named_calls(text: str) -> dict[str, tuple[int, int]]:
    """Line and column of every `k7()` in a tree."""
    return {
        node.func.id: (node.lineno, node.col_offset)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }


def _named_in_text(text: str) -> dict[str, tuple[int, int]]:
    """Line and column, in UTF-8 bytes, of every `k7()` as it is written."""
    return {
        match[1]: (number, len(line[: match.start()].encode()))
        for number, line in enumerate(re.split(r"\r\n|\n", text), start=1)
        for match in re.finditer(r"\b(k\d+)\(\)", line)
    }


@pytest.mark.parametrize(
    ("newer", "lowered"),
    [
        ("def f[T](a: T): ...", "def f   (a: T): ..."),
        ("async def f[T: int = str, **P](): ...", "async def f" + 19 * " " + "(): ..."),
        ("class A[*Ts]: ...", "class A     : ..."),
        ("class A[\n  T, # é ]\n  U\n](B): ...", "class A \\\n           \\\n   \\\n (B): ..."),
        ("type X = int", "pass;X = int"),
        ("if 1: type X[T] = k()", "if 1: pass;X    = k()"),
        ("type\\\n X = int", "pass;\\\n X = int"),
        ("try: ...\nexcept A, B: ...", "try: ...\nexcept(A, B):..."),
        ("try: ...\nexcept A, B:\n  ...", "try: ...\nexcept(A, B):\n  ..."),
        ("try: ...\nexcept A, B : ...", "try: ...\nexcept(A, B): ..."),
        ("try: ...\nexcept A, B:k()", "try: ...\nexcept A| B:k()"),
        ("try: ...\nexcept(A), B,: ...", "try: ...\nexcept(A)| B : ..."),
        ("try: ...\nexcept* A, B: ...", "try: ...\nexcept*(A, B):..."),
        ("try: ...\nexcept *A, B: ...", "try: ...\nexcept*(A, B):..."),
        ("try: ...\nexcept*A, B: ...", "try: ...\nexcept*A| B: ..."),
        ("try: ...\nexcept a[1, 2], (lambda: b): ...", "try: ...\nexcept(a[1, 2], (lambda: b)):..."),
        ("t'{k()}!'", "[  k(), ]"),
        ("rt'''é{a!r:>{w}}\n'''", "[       a,    w, \n  ]"),
        ("t'' t'{a}{b=}'", "[      a, b, ]"),
        ("t'{yield x}{yield}'", "[  not   x, None ,]"),
    ],
)
def test_newer_syntax_gives_way_to_blanks(newer: str, lowered: str) -> None:
    assert lower(newer, OLDEST).text == lowered
    ast.parse(lowered)


@reads_no_nested_quotes
@pytest.mark.parametrize(
    ("newer", "lowered"),
    [
        ("""f'{x['a']}'""", """[  x['a'],]"""),
        ("""f"é{user["name"]!r:>{k()}}.\"""", """[    user["name"],    k(),  ]"""),
        ("""f"{'\\n'.join(k())}\"""", """[  '\\n'.join(k()),]"""),
        ('f"{\n k() # }\n}"', "[  \n k() # }\n,]"),
        ('f"{k() = # c\n}"', "[  k() ,    \n ]"),
        ("""('a' f"{x["b"]}" 'c')""", """([      x["b"],    ])"""),
        ("""f'{f'{k()}'}'""", """[  f'{k()}',]"""),
        ("""f"{f"{x["a"]}"}\"""", """[  [  x["a"],],]"""),
        (r"""f'\{k()}\N{DASH}{{}}{x['a']}'""", """[   k(),             x['a'],]"""),
    ],
)
def test_an_f_string_that_the_host_cannot_read_becomes_a_list_of_its_expressions(newer: str, lowered: str) -> None:
    assert lower(newer, OLDEST).text == lowered
    ast.parse(lowered)


@pytest.mark.parametrize(
    "text",
    [
        "type = 5\ntype [x]\ntype(x)\ntype in x\ntype is y\ntype == y\ntype: int = 3\n",
        "x[T]\ndefx[T]\nreturned = def_[T](a)\n",
        "try: ...\nexcept (A, B) as e: ...\nexcept A as e: ...\nexcept f(a, b): ...\nexcept: ...\n",
        "f'{x!r:>{width}} {{}} {a[\"b\"]}' 'plain'\n",
        "'type X = int' '''\ntype X = int\n'''  # type X = int\n",
        "match type:\n  case [type, x]: ...\n",
    ],
)
def test_text_that_every_python_reads_stays_as_it_is(text: str) -> None:
    assert lower(text, OLDEST).text == text
    assert not lower(text, OLDEST).formatted


@reads_no_nested_quotes
def test_lowered_f_strings_are_recorded_by_line_and_column_in_bytes() -> None:
    text = "é = k() + f'{x['a']}'\ny = f'{x}'\nz = (\n  'a'  # first\n  f'{x['a']}')\n"
    assert lower(text, OLDEST).formatted == {(1, 11), (4, 2)}


def test_a_host_keeps_the_syntax_that_it_reads() -> None:
    text = "type X[T = int] = T\ntry: ...\nexcept A, B: ...\nt'{x}'\n"
    assert lower(text, (3, 14)).text == text
    assert lower(text, (3, 13)).text == "type X[T = int] = T\ntry: ...\nexcept(A, B):...\n[  x,]\n"
    assert lower(text, (3, 12)).text == "type X          = T\ntry: ...\nexcept(A, B):...\n[  x,]\n"


@pytest.mark.parametrize(
    "rest", ["'", "f'{", "f'{x", "f'}'", "t'{x!}'", "t'{)}'", "f'''", "type X[T = (", "t'{x:'", ")]}", "\\"]
)
def test_what_stands_before_tokens_without_sense_is_lowered(rest: str) -> None:
    assert lower("type X = int\n" + rest, OLDEST).text.startswith("pass;X = int\n")


def test_nesting_without_end_ends() -> None:
    assert lower("type X = int\n" + "f'{" * 100_000, OLDEST).text.startswith("pass;X = int\n")
    assert lower("type X = int\n" + "([{" * 100_000, OLDEST).text.startswith("pass;X = int\n")


@given(programs())
@settings(max_examples=80)
@example('try: ...\nexcept A, x["é", k0()]:k1()\n')
@example("def f[T: 'é'](a=t'é{k0()}'): return k1()\n")
def test_every_call_stays_where_it_is_written(text: str) -> None:
    assert _named_calls(lower(text, HOST).text) == _named_in_text(text)


@pytest.fixture(scope="module")
def newer() -> Iterator[Interpreter]:
    executable = newer_python(3, 13)
    if executable is None:
        pytest.skip("there is no Python 3.13 on this machine to compare with")
    with Interpreter(executable) as interpreter:
        yield interpreter


@given(data=st.data())
@settings(max_examples=60)
def test_calls_stand_where_a_newer_python_sees_them(newer: Interpreter, data: st.DataObject) -> None:
    text = data.draw(programs(newest=False))
    expected = newer.calls(text)
    assume(expected is not None)
    assert _calls(lower(text, HOST).text) == expected


@given(st.text("typeX =[]f'\"{}:!\n\\ exceptA,defclass()#rt", max_size=80))
@settings(max_examples=300)
def test_any_text_keeps_its_lines(text: str) -> None:
    assert lower(text, OLDEST).text.count("\n") == text.count("\n")
