from __future__ import annotations

import math

import pytest

from benchmarks.latency import median, pairwise_ratios, percentile


@pytest.mark.parametrize(("percent", "expected"), [(1, 1), (50, 50), (99, 99), (99.5, 100), (100, 100)])
def test_percentile_is_the_nearest_rank(percent: float, expected: float) -> None:
    values = [float(value) for value in range(100, 0, -1)]
    assert percentile(values, percent) == expected


def test_percentile_of_few_values_is_one_of_them() -> None:
    assert percentile([3.0], 99) == 3.0
    assert percentile([1.0, 9.0], 50) == 1.0
    assert percentile([1.0, 9.0], 99) == 9.0


@pytest.mark.parametrize("percent", [0, -1, 100.1])
def test_percentile_refuses_what_is_no_percentage(percent: float) -> None:
    with pytest.raises(ValueError, match="percentage"):
        percentile([1.0], percent)


def test_percentile_refuses_no_values() -> None:
    with pytest.raises(ValueError, match="no values"):
        percentile([], 50)


def test_ratios_compare_measurements_of_the_same_round() -> None:
    # The machine got half as fast in the second round: that must not show.
    assert pairwise_ratios([20.0, 10.0], [10.0, 5.0]) == [2.0, 2.0]


def test_a_ratio_over_nothing_is_infinite() -> None:
    assert pairwise_ratios([1.0], [0.0]) == [math.inf]


def test_rounds_that_do_not_pair_are_refused() -> None:
    with pytest.raises(ValueError, match="shorter"):
        pairwise_ratios([1.0, 2.0], [1.0])


def test_median_of_an_even_number_lies_between() -> None:
    assert median([4.0, 1.0, 2.0, 3.0]) == 2.5
