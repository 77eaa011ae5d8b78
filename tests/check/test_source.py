"""A file is read as Python reads it, or refused with one line that says why."""

from __future__ import annotations

import ast
import codecs
import hashlib
import os
import sys
from pathlib import Path

import pytest

from clearway.check.source import MOST_BYTES, Unreadable, digest_of, parse, parse_bytes, read


def _refused(data: bytes) -> str:
    with pytest.raises(Unreadable) as caught:
        parse_bytes(Path("app.py"), data)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def _strings(data: bytes) -> list[object]:
    return [node.value for node in ast.walk(parse_bytes(Path("app.py"), data).tree) if isinstance(node, ast.Constant)]


def test_a_file_is_read_with_its_text_and_digest(tmp_path: Path) -> None:
    path = tmp_path / "app.py"
    path.write_bytes(b"x = 1\r\ny = call()\r\n")
    source = parse(path)
    assert source.path == path
    assert source.text == "x = 1\r\ny = call()\r\n"
    assert source.digest == hashlib.sha256(path.read_bytes()).hexdigest() == digest_of(read(path))
    assert ast.unparse(source.tree) == "x = 1\ny = call()"
    assert source.encoding == "utf-8"


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        ("x = 'é'".encode(), "utf-8"),
        (codecs.BOM_UTF8 + "x = 'é'".encode(), "utf-8-sig"),
        ("# -*- coding: latin-1 -*-\nx = 'é'".encode("latin-1"), "iso-8859-1"),
        ("#!/usr/bin/python\n# vim: set fileencoding=cp1252 :\nx = 'é'".encode("cp1252"), "cp1252"),
    ],
)
def test_byte_order_mark_and_coding_cookie_count(data: bytes, encoding: str) -> None:
    assert _strings(data) == ["é"]
    source = parse_bytes(Path("app.py"), data)
    assert source.encoding == encoding
    assert source.text.encode(source.encoding) == data


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"x = '\xff'", "not UTF-8"),
        (b"x = 1\n" * 3 + b"y = '\xe9'", "not UTF-8"),
        (b"# coding: ascii\nx = '\xe9'", "not ascii"),
        (b"# coding: klingon\n", "line 1: unknown encoding: klingon"),
        (b"# a\n# coding: hex\n", "not hex"),
        (codecs.BOM_UTF8 + b"# coding: latin-1\n", "line 1: the coding cookie contradicts the byte order mark"),
        (b"x = 1\ny = '\0'\n", "line 2: a null byte"),
        (b"x = 1\nif\n", "line 2: invalid syntax"),
        (b"def f(\n", "line 1: '(' was never closed"),
        (b"if x:\n        1\n    2\n", "line 3: unindent does not match any outer indentation level"),
        (b"# coding: utf-7\nx = '+2AA-'", "cannot be parsed: "),
    ],
)
def test_what_no_python_reads_is_refused_with_the_reason(data: bytes, reason: str) -> None:
    assert _refused(data).startswith(reason)


def test_the_line_of_a_mistake_is_right_below_newer_syntax() -> None:
    text = "type X[T] = int\n\ntry: ...\nexcept A, B: ...\nx = t'{a['b']}'\ny = = 1\n"
    assert _refused(text.encode()) == "line 6: invalid syntax"
    assert _refused(b"type X = int\nx = 'a\n").startswith("line 2: unterminated string literal")


@pytest.mark.parametrize(
    "text",
    [
        "(" * 100_000,
        "type X = int\n" + "(" * 100_000,
        "x = " + "-" * 500_000 + "1",
        "type X = int\nx = " + "not " * 200_000 + "1",
        "x = " + "[" * 150 + "]" * 150 + "\n" + "a." * 200_000 + "b",
        "x = " + "1 + " * 200_000 + "1",
        "".join(" " * depth + "if 1:\n" for depth in range(3000)),
        "x = t'" + "{x:" * 5000,
    ],
    ids=["brackets", "newer-brackets", "signs", "newer-nots", "attributes", "sums", "blocks", "fields"],
)
def test_text_nested_too_deeply_is_refused(text: str) -> None:
    assert _refused(text.encode())


@pytest.mark.slow
def test_a_generated_file_of_50_000_lines_is_read() -> None:
    lines = [f"def f{number}(a: int) -> str: return g(a, '{number}', key={number})" for number in range(50_000)]
    tree = parse_bytes(Path("generated.py"), "\n".join(lines).encode()).tree
    assert len(tree.body) == 50_000


@pytest.mark.slow
def test_a_generated_file_of_50_000_lines_in_newer_syntax_is_read() -> None:
    lines = [f"def f{number}[T](a: T) -> str: return g(a, '{number}')" for number in range(50_000)]
    tree = parse_bytes(Path("generated.py"), "\n".join(lines).encode()).tree
    assert len(tree.body) == 50_000


def test_a_file_beyond_any_source_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "huge.py"
    with path.open("wb") as file:
        file.truncate(MOST_BYTES + 1)
    with pytest.raises(Unreadable, match="larger than 8 MB"):
        parse(path)


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir], ids=["pipe", "folder"])
def test_what_is_no_file_is_refused_without_waiting_for_it(tmp_path: Path, make: object) -> None:
    path = tmp_path / "app.py"
    assert callable(make)
    make(path)
    with pytest.raises(Unreadable, match="not a regular file"):
        parse(path)


@pytest.mark.parametrize("name", ["gone.py", "nul\0.py", "app.py/below.py"])
def test_a_file_that_is_not_there_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "app.py").touch()
    with pytest.raises(Unreadable):
        parse(tmp_path / name)


def test_a_link_that_leads_to_itself_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "app.py"
    path.symlink_to(path)
    with pytest.raises(Unreadable, match="cannot be read"):
        parse(path)


def test_warnings_about_the_users_code_stay_silent() -> None:
    assert _strings(b"x = '\\d'\n") == ["\\d"]
    parse_bytes(Path("app.py"), b"assert (x, 'y')\nx is 'a'\n1if x else 2\ntype X = '\\d'\n")


def test_a_file_that_the_host_reads_has_the_hosts_own_tree() -> None:
    text = "async def f(a):\n    return f'{a!r:>{g(a)}}' + await h()\n"
    source = parse_bytes(Path("app.py"), text.encode())
    assert ast.dump(source.tree, include_attributes=True) == ast.dump(ast.parse(text), include_attributes=True)
    assert not source.formatted


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="this Python reads the f-string itself")
def test_a_lowered_f_string_is_recorded_where_its_list_stands() -> None:
    source = parse_bytes(Path("app.py"), b"def f(user):\n    print(f'{user['name']}')\n")
    lists = {(node.lineno, node.col_offset) for node in ast.walk(source.tree) if isinstance(node, ast.List)}
    assert source.formatted == lists == {(2, 10)}


@pytest.mark.parametrize("text", ["", "\n", "\f\n", "# only a comment", "\ufeff", "\r", "x = 1\ry = 2\r"])
def test_odd_but_valid_files_are_read(text: str) -> None:
    parse_bytes(Path("app.py"), text.encode())
