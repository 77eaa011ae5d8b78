"""Pure Python work of a known length."""

from __future__ import annotations

import time


def compute(rounds: int) -> int:
    """Arithmetic that holds the GIL."""
    total = 0
    for number in range(rounds):
        total = (total * 31 + number) % 1_000_003
    return total


def rounds_for(seconds: float) -> int:
    """How many rounds take about `seconds` on this machine: the fastest of a few tries decides."""
    sample = 100_000
    fastest = min(_timed(sample) for _ in range(7))
    return max(1, round(sample * seconds / fastest))


def _timed(rounds: int) -> float:
    started = time.perf_counter()
    compute(rounds)
    return time.perf_counter() - started
