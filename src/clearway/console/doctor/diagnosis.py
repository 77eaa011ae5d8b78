"""What the doctor says, and what its conditions find."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Problem(StrEnum):
    """What can be wrong with a service."""

    BLOCKING_CALL = "blocking_call"
    """A line waits on the event loop."""
    CPU_ON_LOOP = "cpu_on_loop"
    """A line computes on the event loop."""
    LOOP_FULL = "loop_full"
    """The loop has more to do than one processor can, without any one line that stalls it."""
    CPU_IN_THREADS = "cpu_in_threads"
    POOL_EXHAUSTED = "pool_exhausted"
    """Every thread is taken, and calls wait for one."""
    DATABASE_POOL = "database_pool_smaller_than_threads"
    LOCK = "waiting_for_a_lock"
    UPSTREAM_SLOW = "upstream_slow"
    GIL = "gil"
    """Threads that are none of Clearway's compute, and keep the interpreter from the loop."""
    MACHINE = "machine_starved"
    GARBAGE_COLLECTION = "garbage_collection"
    REFUSED = "requests_refused"
    WORKER_LOST = "worker_lost"
    NOTHING = "nothing_wrong"


class Severity(StrEnum):
    """How bad it is."""

    ERROR = "error"
    """Requests fail, or wait for a second and more of each second."""
    WARNING = "warning"
    FINE = "fine"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The principal problem. `asdict` of it is what JSON shows."""

    problem: Problem
    sentence: str
    evidence: list[str]
    next_step: str
    severity: Severity


@dataclass(frozen=True, slots=True)
class Finding:
    """What one condition has found."""

    problem: Problem
    cost: float
    """How many requests it keeps waiting on average: seconds lost by requests, a second. What makes requests fail is
    weighed in the same unit, see the condition."""
    subject: str
    """What it is about: a place, a route. The same problem with another subject is another."""
    sentence: str
    next_step: str
    evidence: tuple[str, ...] = ()
    severity: Severity | None = None
    """None: by the cost."""

    def diagnosis(self) -> Diagnosis:
        severity = self.severity or (Severity.ERROR if self.cost >= 1.0 else Severity.WARNING)
        return Diagnosis(self.problem, self.sentence, list(self.evidence), self.next_step, severity)
