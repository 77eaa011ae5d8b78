"""Why the loop stood still, judged from what its thread, the others and the watchdog spent meanwhile."""

from __future__ import annotations

import sys
from typing import NamedTuple

from clearway.model import Cause


class Reading(NamedTuple):
    """Counters at one turn of the loop, nanoseconds unless said otherwise. Two of them make evidence.

    Taken a hundred times a second on the loop's thread, so none of them gives the GIL away: beside threads
    that compute it would not come back for a long time. Files under /proc are left to the watchdog.
    """

    at_ns: int
    cpu_ns: int
    """Processor time of the loop's thread."""
    process_ns: int
    """Processor time of all threads."""
    switches: int | None
    """Voluntary context switches of the loop's thread."""
    collected_ns: int
    """Garbage collection on any thread."""
    starved_ns: int
    """How long the watchdog waited for the GIL."""
    stopped_ns: int
    """How long the watchdog was late without waiting for the GIL: nothing of the process ran."""


class Evidence(NamedTuple):
    """What happened between the loop's last turn and the end of the stall."""

    stall_ns: int
    threshold_ns: int
    before: Reading
    after: Reading
    usual_switches: float
    """How many switches such a span has when all is well: they happened before the stall began."""
    waited_share: float | None
    """Share of the stall that the loop's thread waited for the GIL, where that was observed."""
    delay_ns: int
    """How long the loop's thread queued for a core."""
    has_suspect: bool
    """Some other thread was in the user's code, or computed."""
    samples: int
    idle: bool
    """Most samples show the loop outside of any callback."""

    @property
    def cpu_ns(self) -> int:
        """Processor time of the loop's thread."""
        return self.after.cpu_ns - self.before.cpu_ns

    @property
    def collected_ns(self) -> int:
        """Garbage collection on any thread."""
        return self.after.collected_ns - self.before.collected_ns

    @property
    def others_ns(self) -> int:
        """Processor time of the other threads."""
        return max(0, self.after.process_ns - self.before.process_ns - self.cpu_ns)

    @property
    def starved_ns(self) -> int:
        """Time in which the watchdog could not have the GIL."""
        return self.after.starved_ns - self.before.starved_ns

    @property
    def stopped_ns(self) -> int:
        """Time in which the watchdog did not run at all."""
        return self.after.stopped_ns - self.before.stopped_ns


def split_lateness(late_ns: int, switches: int | None, process_ns: int) -> tuple[int, int]:
    """(starved, stopped) parts of a late wake-up that made so many voluntary switches.

    Who waits for the GIL wakes every switch interval to ask for it again; who is stopped does not.
    """
    if late_ns <= 0:
        return 0, 0
    if switches is None:
        return (late_ns, 0) if process_ns * 2 >= late_ns else (0, late_ns)
    # The sleep itself is one switch; being stopped may be another.
    asked_ns = max(0, switches - 1) * switch_interval_ns()
    if late_ns < 2 * switch_interval_ns():
        return (late_ns, 0) if asked_ns else (0, late_ns)
    return (late_ns, 0) if asked_ns * 2 >= late_ns else (0, late_ns)


def switch_interval_ns() -> int:
    """How often a thread asks for the GIL."""
    return int(sys.getswitchinterval() * 1e9)


def judge(evidence: Evidence) -> Cause:
    """The cause that took the largest part of the stall."""
    stall = evidence.stall_ns
    if evidence.collected_ns * 2 >= stall:
        return Cause.GARBAGE_COLLECTION
    rest = max(0, stall - evidence.cpu_ns)
    machine = min(rest, max(evidence.delay_ns, evidence.stopped_ns))
    rest -= machine
    if machine * 2 >= stall and (stall - machine <= evidence.threshold_ns or machine * 5 >= stall * 4):
        return Cause.MACHINE
    # What would have been a stall on an idle machine, too, is to blame even where the machine doubled it.
    gil = _waited_for_gil(evidence, rest)
    if evidence.cpu_ns * 2 >= stall - machine:
        return Cause.CPU
    parts = {
        Cause.BLOCKING_CALL: rest - gil,
        Cause.GIL: gil,
        Cause.CPU: evidence.cpu_ns,
    }
    return max(parts, key=lambda cause: parts[cause])


def _waited_for_gil(evidence: Evidence, rest_ns: int) -> int:
    """How much of `rest_ns` the loop's thread wanted the GIL while others had it."""
    stall = evidence.stall_ns
    starved = evidence.starved_ns * 3 >= stall
    if not starved and (evidence.others_ns * 3 < stall or evidence.starved_ns * 6 < stall):
        return 0  # the watchdog had the GIL whenever it wanted it, so the loop could have had it too
    if evidence.idle:
        return rest_ns
    if evidence.samples and not evidence.has_suspect:
        return 0  # a call of the loop's own thread kept it
    if evidence.samples <= 1 and min(evidence.starved_ns, evidence.others_ns) * 4 >= stall * 3:
        return rest_ns  # another thread computed and never let go
    if evidence.waited_share is not None:
        return int(rest_ns * evidence.waited_share)
    if evidence.after.switches is None or evidence.before.switches is None:
        return 0
    switches = evidence.after.switches - evidence.before.switches - evidence.usual_switches
    return int(min(rest_ns, max(0.0, switches) * switch_interval_ns()))
