"""The same code gives the same answer in every process: baselines and code scanning compare findings."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.check.corpus.case import CASES

NAMES = ("hard", "transitive")


def _answer(folder: Path, seed: int) -> dict[str, Any]:
    command = [
        sys.executable,
        "-m",
        "clearway",
        "check",
        "--no-cache",
        "--format",
        "json",
        "--level",
        "advice",
        str(folder),
    ]
    environment = {**os.environ, "PYTHONHASHSEED": str(seed)}
    ran = subprocess.run(command, capture_output=True, text=True, env=environment, check=False, timeout=110)
    assert ran.returncode in (0, 1), ran.stderr
    report: dict[str, Any] = json.loads(ran.stdout)
    report.pop("seconds")
    return report


@pytest.mark.slow
@pytest.mark.parametrize("group", NAMES)
def test_the_order_of_hashes_changes_nothing(group: str, tmp_path: Path) -> None:
    """Many services side by side, so that namesakes and unions abound."""
    for path in sorted((CASES / group).glob("*.py")):
        if "newer" not in path.read_text():
            (tmp_path / path.stem).mkdir()
            (tmp_path / path.stem / "main.py").write_text(path.read_text())
    first = _answer(tmp_path, 1)
    assert len(first["roots"]) > 20
    assert _answer(tmp_path, 2) == first
