"""Each rule finds what its bad fixture marks, and nothing in its good one. They are written as the corpus is."""

from __future__ import annotations

from pathlib import Path

import pytest

from clearway.check.rules import RULES
from tests.check.corpus.case import load
from tests.check.corpus.judge import check

FIXTURES = Path(__file__).parent / "fixtures"


@pytest.mark.parametrize("path", sorted(FIXTURES.glob("*_bad.py")), ids=lambda path: path.stem)
def test_bad_code_is_found_where_it_is_marked(path: Path) -> None:
    case = load(path)
    code = path.stem.partition("_")[0].upper()
    assert code in {finding.rule for finding in case.findings if not finding.optional}
    case.silent.add(code)
    case.allowed |= set(RULES) - {code}
    assert [str(difference) for difference in check(case)] == []


@pytest.mark.parametrize("path", sorted(FIXTURES.glob("*_good.py")), ids=lambda path: path.stem)
def test_good_code_is_left_alone(path: Path) -> None:
    case = load(path)
    code = path.stem.partition("_")[0].upper()
    assert case.silent == {code}
    assert case.findings == []
    case.allowed |= set(RULES) - {code}
    assert [str(difference) for difference in check(case)] == []
