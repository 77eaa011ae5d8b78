from __future__ import annotations

import pytest

from benchmarks.result import Figure, Outcome, Row, Target
from benchmarks.table import summary, table


def rate_row(ratio: float) -> Row:
    return Row("a def", Figure(200.0 * ratio, "/s"), Figure(200.0, "/s"), Target("times", 2.0), ratio)


@pytest.mark.parametrize(("ratio", "met"), [(2.0, True), (1.999, False)])
def test_a_ratio_must_reach_its_target(ratio: float, met: bool) -> None:
    assert rate_row(ratio).met is met


@pytest.mark.parametrize(("seconds", "met"), [(0.025, True), (0.0251, False)])
def test_a_latency_must_not_exceed_its_target(seconds: float, met: bool) -> None:
    row = Row("health", Figure(seconds, "s"), Figure(2.0, "s"), Target("at most", 0.025))
    assert row.met is met


def test_a_measurement_that_was_cut_off_meets_no_limit() -> None:
    row = Row("health", Figure(0.01, "s", at_least=True), Figure(2.0, "s"), Target("at most", 0.025))
    assert row.met is False


def test_what_is_only_reported_is_neither_met_nor_missed() -> None:
    row = Row("memory", Figure(24.0, "kB"), Figure(23.0, "kB"))
    assert row.met is None
    assert row.verdict == ""


def test_a_limit_on_a_figure_becomes_a_ratio_to_the_other_side() -> None:
    row = Row("health", Figure(0.01, "s"), Figure(2.0, "s"), Target("at most", 0.025))
    assert row.target_ratio == pytest.approx(80)
    errors = Row("errors", Figure(0, "errors"), Figure(30, "errors"), Target("at most", 0))
    assert errors.target_ratio is None


@pytest.mark.parametrize(
    ("figure", "text"),
    [
        (Figure(12326.98, "/s"), "12,327/s"),
        (Figure(19.44, "/s"), "19.4/s"),
        (Figure(0.0042, "s"), "4.2 ms"),
        (Figure(0.45, "s"), "450 ms"),
        (Figure(8.141, "s"), "8.1 s"),
        (Figure(4.0, "s", at_least=True), "≥ 4.0 s"),
        (Figure(1, "errors"), "1 error"),
        (Figure(23.68, "kB"), "23.7 kB"),
    ],
)
def test_figures_are_written_for_people(figure: Figure, text: str) -> None:
    assert str(figure) == text


def test_the_table_says_missed_and_what_could_not_be_measured() -> None:
    outcomes = [
        Outcome("good", (rate_row(2.5),)),
        Outcome("bad", (rate_row(1.0),)),
        Outcome("gone", (), failure="no server"),
    ]
    lines = table(outcomes).splitlines()
    assert lines[2].split()[-6:] == ["2.50", "×", "≥", "2", "×", "met"]
    assert lines[3].split()[-6:] == ["1.00", "×", "≥", "2", "×", "missed"]
    assert "gone: could not be measured: no server" in lines
    assert summary(outcomes) == "1 of 2 targets met"
