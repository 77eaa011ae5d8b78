"""After the fixes that findings carry nothing is left to fix, and the code still parses."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from clearway.check.fix import applied
from tests.check.corpus.case import load
from tests.check.rules.projects import findings

FIXTURES = Path(__file__).parent / "fixtures"


@pytest.mark.parametrize(("code", "least"), [("CW104", 10), ("CW201", 40)])
def test_fixed_code_has_no_such_finding(code: str, least: int, tmp_path: Path) -> None:
    text = load(FIXTURES / f"{code.lower()}_bad.py").files["main.py"]
    before = findings(code, text, tmp_path)
    fixes = [finding.fix for finding in before if finding.fix is not None]
    assert len(fixes) >= least
    fixed, done = applied(text, fixes)
    ast.parse(fixed)
    after = findings(code, fixed, tmp_path)
    assert len(done) >= least
    assert len(after) == len(before) - len(done), [(one.line, one.message) for one in after]


def test_columns_are_characters(tmp_path: Path) -> None:
    text = 'async def work(): ...\n\n\nasync def main():\n    print("é😀", work())\n'
    (found,) = findings("CW201", text, tmp_path)
    assert found.fix is not None
    assert text.split("\n")[4][found.fix.column : found.fix.end_column] == "work()"
    assert applied(text, [found.fix])[0].endswith('print("é😀", await work())\n')
