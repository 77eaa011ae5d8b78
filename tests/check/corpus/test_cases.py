"""The checker finds in every case of the corpus what is written there, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.check.corpus.case import all_cases, load, name_of
from tests.check.corpus.judge import check


@pytest.mark.parametrize("path", all_cases(), ids=name_of)
def test_case(path: Path) -> None:
    differences = check(load(path))
    assert not differences, "\n".join(map(str, differences))
