"""Does a series of samples grow? Judged by its slope, so that what fills up and then stays is told from a leak."""

from __future__ import annotations

from itertools import combinations
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

WINDOWS = 24
"""The samples are cut into so many windows; of each the least counts, which no request in flight adds to."""


class Sample(NamedTuple):
    """One reading."""

    at_s: float
    value: float


class Growth(NamedTuple):
    """What a series does, on the whole."""

    first: float
    """Where its line begins, and where it ends."""
    last: float
    span_s: float

    @property
    def total(self) -> float:
        return self.last - self.first

    @property
    def per_hour(self) -> float:
        return self.total * 3600 / self.span_s if self.span_s else 0.0


def growth_of(samples: Sequence[Sample]) -> Growth:
    """The line through the least of each window whose slope is the median of all pairs' slopes (Theil and Sen): some
    outliers do not bend it, neither a jump at one end."""
    size = max(1, len(samples) // WINDOWS)
    least = [
        min(samples[start : start + size], key=lambda sample: sample.value) for start in range(0, len(samples), size)
    ]
    slopes = [
        (after.value - before.value) / (after.at_s - before.at_s)
        for before, after in combinations(least, 2)
        if after.at_s > before.at_s
    ]
    slope = median(slopes) if slopes else 0.0
    base = median(sample.value - slope * sample.at_s for sample in least)
    first_s, last_s = samples[0].at_s, samples[-1].at_s
    return Growth(base + slope * first_s, base + slope * last_s, last_s - first_s)
