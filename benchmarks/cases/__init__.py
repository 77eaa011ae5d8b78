"""Every case that a run measures, in the order of the table."""

from __future__ import annotations

from typing import Protocol

from benchmarks.cases import connections, containment, database, deadlocks, neighbours, processes, throughput, toggled
from benchmarks.effort import Effort
from benchmarks.result import Outcome


class Case(Protocol):
    """Starts its own servers, measures them, and stops them."""

    @property
    def name(self) -> str: ...

    def run(self, effort: Effort) -> Outcome: ...


ALL: tuple[Case, ...] = (
    *throughput.CASES,
    *neighbours.CASES,
    *processes.CASES,
    *deadlocks.CASES,
    *connections.CASES,
    *containment.CASES,
    *toggled.CASES,
    *database.CASES,
)
