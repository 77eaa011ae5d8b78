"""`python -m benchmarks.locks`: what containment's locks cost those who are not contained.

Each lock beside the interpreter's own, in turn, in a thread that has no loop: alone, and wanted by two threads.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import perf_counter
from typing import Any

from benchmarks.latency import median
from clearway.runtime.containment.families import locks

ROUNDS = 15
TIMES = 50_000


def main() -> None:
    kinds: dict[str, tuple[Callable[[], Any], Callable[[], Any]]] = {
        "threading.Lock": (locks.LOCK, locks.Lock),
        "threading.RLock": (locks.RLOCK, locks.RLock),
    }
    for name, factories in kinds.items():
        alone = _compared(factories, _alone)
        contended = _compared(factories, _contended)
        print(f"with {name}: {alone}; wanted by two threads: {contended}")


def _compared(factories: tuple[Callable[[], Any], ...], measure: Callable[[Any], float]) -> str:
    raw: list[float] = []
    ours: list[float] = []
    for _ in range(ROUNDS):
        raw.append(measure(factories[0]()))
        ours.append(measure(factories[1]()))
    ratio = median([b / a for a, b in zip(raw, ours, strict=True)])
    return f"{median(raw) * 1e9:.0f} ns, contained {median(ours) * 1e9:.0f} ns, {ratio:.1f} times"


def _alone(lock: Any) -> float:
    seconds: list[float] = []
    thread = threading.Thread(target=lambda: seconds.append(_enter(lock)))
    thread.start()
    thread.join()
    return seconds[0]


def _contended(lock: Any) -> float:
    seconds: list[float] = []
    threads = [threading.Thread(target=lambda: seconds.append(_enter(lock))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return max(seconds) / 2


def _enter(lock: Any) -> float:
    began = perf_counter()
    for _ in range(TIMES):
        with lock:
            pass
    return (perf_counter() - began) / TIMES


if __name__ == "__main__":
    main()
