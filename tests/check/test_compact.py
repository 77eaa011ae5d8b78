"""Trees of large projects are made smaller without a word that anybody would miss."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearway.check import analysis
from clearway.check.program.resolution import loader
from clearway.check.request import Request
from clearway.check.source.compact import compact
from clearway.check.source.syntax import walk
from tests.check.corpus.case import CASES
from tests.check.programs import expressions


@given(st.lists(expressions(2), min_size=1, max_size=5))
@settings(max_examples=60)
def test_a_compact_tree_reads_the_same(texts: list[str]) -> None:
    try:
        before, after = (ast.parse("\n".join(f"({text})" for text in texts)) for _ in range(2))
    except SyntaxError:  # newer than this Python
        return
    compact(after)
    assert ast.unparse(after) == ast.unparse(before)
    for one, other in zip(walk(before), walk(after), strict=True):
        assert type(one) is type(other)
        assert getattr(one, "lineno", 0) == getattr(other, "lineno", 0)
        assert getattr(one, "col_offset", 0) == getattr(other, "col_offset", 0)


def test_what_has_no_end_holds_nothing_that_begins_later() -> None:
    tree = ast.parse("(a + b).c.d\nx.y.z\nf(g(1).h, k=2)\n(\n  p\n).q")
    compact(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.expr) and node.end_lineno is None:
            inner = [one for one in ast.walk(node) if isinstance(one, ast.expr)]
            assert {(one.lineno, one.col_offset) for one in inner} == {(node.lineno, node.col_offset)}


@pytest.mark.parametrize("group", ["branches", "hard"])
def test_the_result_is_the_same(group: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in sorted((CASES / group).glob("*.py")):
        (tmp_path / path.stem).mkdir()
        (tmp_path / path.stem / "main.py").write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    request = Request(paths=(tmp_path,))
    expected = analysis.check(request)
    assert expected.findings
    monkeypatch.setattr(loader, "MANY_FILES", 0)
    found = analysis.check(request)
    assert (found.findings, found.roots, found.unresolved) == (expected.findings, expected.roots, expected.unresolved)
