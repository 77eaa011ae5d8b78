"""The lines about stalls and the plan."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from clearway.cli.report import MOST_ROWS, plan_lines, say
from clearway.model import Cause, Frame, Lane, Stall
from clearway.runtime.records.stall_report import MOST_CULPRITS, MOST_LINES, StallReport


@dataclass
class PlanRow:
    route: str
    call: str
    lane: Lane
    why: str


def stall(line: int = 42, duration_s: float = 0.503, victim_count: int = 12) -> Stall:
    return Stall(
        started_s=0.0,
        duration_s=duration_s,
        cause=Cause.BLOCKING_CALL,
        route="GET /bad/",
        call="app:bad",
        culprit=Frame(str(Path.cwd() / "examples/lesson/app.py"), line, "bad"),
        operation="time.sleep",
        victim_count=victim_count,
    )


def test_stall_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    StallReport(print)(stall())
    assert capsys.readouterr().out == (
        "stall 503 ms  GET /bad/  blocking call time.sleep  examples/lesson/app.py:42 in bad  (12 requests waited)\n"
    )


def test_stall_tells_what_the_line_is_not_to_blame_for(capsys: pytest.CaptureFixture[str]) -> None:
    report = StallReport(print)
    report(replace(stall(line=1), starved_s=0.4))
    report(replace(stall(line=2), starved_s=0.1))  # next to nothing
    report(replace(stall(line=3), starved_s=0.5, cause=Cause.GIL))  # the cause has said it
    told = ["waiting for a core or the GIL" in line for line in capsys.readouterr().out.splitlines()]
    assert told == [True, False, False]


def test_stall_without_a_culprit(capsys: pytest.CaptureFixture[str]) -> None:
    StallReport(print)(Stall(0.0, 0.05, Cause.GARBAGE_COLLECTION, None, None, None, None))
    assert capsys.readouterr().out == "stall 50 ms  garbage collection\n"


def test_same_culprit_prints_at_powers_of_ten(capsys: pytest.CaptureFixture[str]) -> None:
    report = StallReport(print)
    for _ in range(1234):
        report(stall())
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4
    assert [line.rpartition("[")[2] for line in lines[1:]] == [
        "10 times, 5.0 s together]",
        "100 times, 50.3 s together]",
        "1000 times, 503.0 s together]",
    ]


def test_each_line_of_code_is_a_culprit_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    report = StallReport(print)
    report(stall(line=1))
    report(stall(line=2))
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_summary_puts_the_worst_first() -> None:
    report = StallReport(print)
    report(stall(line=1, duration_s=0.1))
    report(stall(line=2, duration_s=0.05))
    report(stall(line=2, duration_s=0.3))
    first, second, third = report.summary()
    assert first == "stalls: 3, from 2 culprits"
    assert second.split()[:4] == ["2", "×", "0.35", "s"]
    assert third.split()[:4] == ["1", "×", "0.10", "s"]
    assert "app.py:2 in bad" in second


def test_no_stalls_no_summary() -> None:
    assert StallReport(print).summary() == []


def test_culprits_are_bounded(capsys: pytest.CaptureFixture[str]) -> None:
    report = StallReport(print)
    for line in range(MOST_CULPRITS + 50):
        report(stall(line=line))
    summary = report.summary()
    assert len(summary) == MOST_LINES + 2
    assert summary[0] == f"stalls: {MOST_CULPRITS + 50}, from {MOST_CULPRITS + 1} culprits"
    assert len(capsys.readouterr().out.splitlines()) <= MOST_CULPRITS + 2


def test_report_survives_a_closed_output(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    closed = (tmp_path / "out").open("w")
    closed.close()
    monkeypatch.setattr("sys.stdout", closed)
    StallReport(say)(stall())


def test_plan_is_aligned_with_dependencies_below_their_route() -> None:
    rows = [
        PlanRow("GET /items/{id}", "app:item", Lane.THREAD, "def"),
        PlanRow("GET /items/{id}", "app:database", Lane.LOOP, "pinned"),
        PlanRow("GET /", "app:root", Lane.LOOP, "async def"),
    ]
    assert plan_lines(rows) == [
        "  route             lane    why",
        "  GET /items/{id}   thread  def",
        "    + app:database  loop    pinned",
        "  GET /             loop    async def",
    ]


def test_plan_of_a_huge_app_is_bounded() -> None:
    rows = [PlanRow(f"GET /{number}", "app:f", Lane.THREAD, "def") for number in range(1000)]
    lines = plan_lines(rows)
    assert len(lines) == MOST_ROWS + 2
    assert lines[-1] == f"  … and {1000 - MOST_ROWS} more"


def test_plan_of_an_empty_app() -> None:
    assert plan_lines([]) == ["the app has no routes"]
