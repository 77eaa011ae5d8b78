"""The labelled set, played in a process of its own: some of its stalls stop the process."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from clearway.model import Cause
from tests.runtime.stalls_labelled import LABELS

PROJECT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_culprits_causes_and_durations_are_right_under_100_tasks(loop: str) -> None:
    command = [sys.executable, "-W", "error", "-m", "tests.runtime.stalls_labelled", loop]
    played = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=110, check=False)
    assert played.returncode == 0, played.stderr

    verdicts = [json.loads(line) for line in played.stdout.splitlines()]
    assert len(verdicts) == len(LABELS)
    table = "\n".join(str(verdict) for verdict in verdicts if not all(verdict[1]))
    for part, name in enumerate(("causes", "culprits", "durations")):
        right = sum(verdict[1][part] for verdict in verdicts) / len(verdicts)
        assert right >= 0.95, f"{right:.0%} of the {name} are right:\n{table}"


def test_the_set_has_at_least_30_stalls_of_all_causes() -> None:
    assert len(LABELS) >= 30
    assert {label.cause for label in LABELS} == set(Cause)
