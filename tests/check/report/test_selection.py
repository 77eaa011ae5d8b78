"""Which findings are shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from clearway.check.baseline import Baseline
from clearway.check.report.selection import select
from clearway.model import Severity
from tests.check.report.made import CODES, finding, link, result, write_app


def several(folder: Path) -> object:
    return result(
        folder,
        finding(),
        finding(rule="CW101", severity=Severity.WARNING),
        finding(rule="CW302", severity=Severity.ADVICE),
    )


@pytest.mark.parametrize(
    ("level", "shown"), [(Severity.ERROR, 1), (Severity.WARNING, 2), (Severity.ADVICE, 3)], ids=list(Severity)
)
def test_level(tmp_path: Path, level: Severity, shown: int) -> None:
    found = select(several(tmp_path), CODES, level=level)  # type: ignore[arg-type]
    assert (len(found.shown), len(found.below)) == (shown, 3 - shown)


def test_a_finding_that_is_not_shown_fails_nobody(tmp_path: Path) -> None:
    found = select(result(tmp_path, finding(severity=Severity.WARNING)), CODES, level=Severity.ERROR)
    assert not found.fails(Severity.ADVICE)
    found = select(result(tmp_path, finding(severity=Severity.WARNING)), CODES)
    assert [found.fails(severity) for severity in Severity] == [False, True, True]


def test_every_finding_is_in_one_group(tmp_path: Path) -> None:
    write_app(tmp_path, crud="x()  # clearway: ignore[CW103] once at start\n")
    everything = result(
        tmp_path,
        finding(),
        finding(rule="CW101", severity=Severity.WARNING),
        finding(rule="CW103", chain=(link("app.crud:x", 1, "x"),)),
        finding(rule="CW201"),
        finding(rule="CW302", severity=Severity.ADVICE),
        finding(rule="CW302", severity=Severity.ADVICE, root="app.main:other"),
    )
    found = select(
        everything,
        CODES,
        level=Severity.WARNING,
        switched_off=["CW201"],
        baseline=Baseline.of([everything.findings[0], everything.findings[4]]),
    )
    groups = (found.shown, found.below, found.ignored, found.known, found.switched_off)
    assert [[entry.rule for entry in group] for group in groups] == [
        ["CW101"],
        ["CW302"],
        ["CW103"],
        ["CW102", "CW302"],
        ["CW201"],
    ]
    assert found.gone == 0
