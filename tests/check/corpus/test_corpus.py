"""The corpus itself is sound: cases can be read, are real programs, and blocking and clean hold the balance."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import pytest

from tests.check.corpus.case import Case, all_cases, load, name_of

LOADED = {name_of(path): load(path) for path in all_cases()}


def test_it_is_large_and_half_of_it_is_clean() -> None:
    alarming = sum(case.must_alarm for case in LOADED.values())
    assert len(LOADED) >= 160
    assert 0.4 <= alarming / len(LOADED) <= 0.6


@pytest.mark.parametrize("path", all_cases(), ids=name_of)
def test_case_says_its_shape_first(path: Path) -> None:
    first = path.read_text().split("\n")[0]
    assert first.startswith("# ")
    assert first.endswith(".")


@pytest.mark.parametrize("case", LOADED.values(), ids=LOADED)
def test_case_is_python(case: Case) -> None:
    """What is said to be newer than the host is rejected by it; all else compiles."""
    newer = case.newer is not None and sys.version_info < case.newer
    rejected = [name for name, text in case.files.items() if name.endswith(".py") and not _compiles(name, text)]
    assert bool(rejected) == newer, rejected


def _compiles(name: str, text: str) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)
        try:
            compile(text, name, "exec")
        except SyntaxError:
            return False
    return True
