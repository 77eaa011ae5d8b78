"""The soak's judgement: a leak is told from what fills up, from noise and from a jump."""

from __future__ import annotations

import random

import pytest

from benchmarks.soak.growth import Sample, growth_of
from benchmarks.soak.watch import WARM_UP, Watch

MIB = 1024


def watch_of(memory_mib: list[float]) -> Watch:
    """A watch that has seen this, once a second."""
    return Watch(
        memory_kib=[Sample(second, mib * MIB) for second, mib in enumerate(memory_mib)],
        threads=[Sample(second, 30) for second in range(len(memory_mib))],
    )


def test_the_slope_of_a_line_is_its_own() -> None:
    growth = growth_of([Sample(second, 100 + 0.5 * second) for second in range(100)])
    assert growth.per_hour == pytest.approx(1800)
    assert growth.total == pytest.approx(49.5)


def test_a_leak_fails_also_in_the_midst_of_noise() -> None:
    """60 bytes a request at 600 requests a second: 2 MiB a minute."""
    chance = random.Random(1)
    leak = [110 + second / 30 + chance.uniform(0, 4) for second in range(300)]
    assert any("memory" in problem for problem in watch_of(leak).problems())


def test_a_slow_leak_fails_in_a_long_run() -> None:
    chance = random.Random(2)
    leak = [110 + second / 240 + chance.uniform(0, 4) for second in range(1800)]  # 15 MiB an hour
    assert any("memory" in problem for problem in watch_of(leak).problems())


def test_noise_alone_passes() -> None:
    for seed in range(20):
        chance = random.Random(seed)
        assert watch_of([110 + chance.uniform(0, 6) for _ in range(300)]).problems() == []


def test_what_fills_up_while_the_service_gets_warm_passes() -> None:
    filling = [100 + 15 * min(1.0, second / (300 * WARM_UP)) for second in range(300)]
    assert watch_of(filling).problems() == []


def test_more_and_more_threads_fail() -> None:
    watch = watch_of([110] * 300)
    watch.threads = [Sample(second, 30 + second // 20) for second in range(300)]
    assert any("threads" in problem for problem in watch.problems())
