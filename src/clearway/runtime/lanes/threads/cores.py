"""How many calls may compute at once, judged by the cores that the process gets."""

from __future__ import annotations

import os
from time import process_time_ns

COMPUTE_BUDGET = 1.5
"""One call that computes, and half a one that mostly waits: more only adds fighting for the interpreter."""
MORE_THAN_ONE = 1.3
"""A process that uses so many cores computes outside the interpreter: inside, there is room for one."""


class Cores:
    """Asked once a tick; the limiter holds its lock."""

    def __init__(self, now_ns: int) -> None:
        self._used = 0.0
        self._ticked_ns = now_ns
        self._process_ns = process_time_ns()

    def budget(self, budget: float, load: float, now_ns: int, interpreter_is_free: bool) -> float:
        """The budget from now on: calls that compute outside the interpreter (numpy, hashing) may use every core.

        `load` is how much the running calls compute, their weights added up.
        """
        if (interpreter_is_free or self._used_until(now_ns) > MORE_THAN_ONE) and load > 0.9:
            return min(budget + 0.1, (os.cpu_count() or 1) + 0.5)
        return max(budget - 0.5, COMPUTE_BUDGET)

    def _used_until(self, now_ns: int) -> float:
        cpu_ns = process_time_ns()
        used = (cpu_ns - self._process_ns) / max(1, now_ns - self._ticked_ns)
        self._used += 0.2 * (used - self._used)
        self._process_ns, self._ticked_ns = cpu_ns, now_ns
        return self._used
