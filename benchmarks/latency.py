"""Percentiles and medians of what was measured."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence


def percentile(values: Sequence[float], percent: float) -> float:
    """The nearest-rank percentile: the smallest value that `percent` of the values do not exceed.

    Raises ValueError when there are no values or the percentage is not in (0, 100].
    """
    if not values:
        raise ValueError("no values")
    if not 0 < percent <= 100:
        raise ValueError(f"a percentage in (0, 100] is needed, not {percent}")
    rank = math.ceil(len(values) * percent / 100)
    return sorted(values)[rank - 1]


def pairwise_ratios(over: Sequence[float], under: Sequence[float]) -> list[float]:
    """`over / under` of measurements taken right after each other; a zero below gives infinity."""
    return [a / b if b else math.inf for a, b in zip(over, under, strict=True)]


def median(values: Sequence[float]) -> float:
    return statistics.median(values)
