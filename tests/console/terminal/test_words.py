"""Numbers and names in few cells."""

from __future__ import annotations

import pytest

from clearway.console.terminal.words import bars, cause_text, duration, number, place, rate, short_file, sparkline


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (None, "–"),
        (float("nan"), "–"),
        (0, "0"),
        (0.0001, "1µs"),
        (0.84, "840µs"),
        (0.9996, "1.0ms"),
        (9.96, "10ms"),
        (999.4, "999ms"),
        (999.6, "1.0s"),
        (99_940, "100s"),
        (120_000, "2min"),
        (7_200_000, "2h"),
    ],
)
def test_durations(ms: float | None, text: str) -> None:
    assert duration(ms) == text


def test_no_figure_is_wider_than_its_column() -> None:
    for exponent in range(-40, 60):
        for digit in (1.0, 1.04, 4.444, 9.949, 9.951, 9.9951):
            value = digit * 10 ** (exponent / 4)
            assert len(duration(value)) <= 5 or value > 1e9, value
            assert len(number(round(value))) <= 5 or value > 1e9, value
            assert len(rate(value)) <= 5 or value > 1e9, value


def test_what_is_not_zero_is_never_shown_as_nothing() -> None:
    assert sparkline([0, 0.001, 100]) == " ▁█"
    assert sparkline([0, 0]) == "  "
    assert sparkline([]) == ""


def test_bars_stand_on_each_other() -> None:
    assert bars([0, 1, 2, 4], 2) == ["   █", " ▄██"]
    assert bars([9], 1, most=1.0) == ["█"]


def test_places_are_the_end_of_a_path_and_harmless() -> None:
    assert short_file("/srv/app/main.py") == "app/main.py"
    assert short_file("/venv/lib/python3.11/site-packages/requests/api.py") == "requests/api.py"
    assert short_file("main.py") == "main.py"
    assert place("/srv/app/\x1b[2Jmain.py", 3) == "app/\\x1b[2Jmain.py:3"
    assert place(None, 0) == ""
    assert cause_text("blocking_call", "time.sleep\x07") == "blocking call time.sleep\\x07"
