"""Why the loop stood still, judged from what its thread, the others and the watchdog spent meanwhile."""

from __future__ import annotations

import sys
from typing import NamedTuple

from clearway.model import Cause


class Reading(NamedTuple):
    """Counters at one turn of the loop, nanoseconds unless said otherwise. Two of them make evidence.

    Taken a hundred times a second on the loop's thread, so none of them gives the GIL away: beside threads
    that compute it would not come back for a long time.
    """

    at_ns: int
    cpu_ns: int
    """Processor time of the loop's thread."""
    process_ns: int
    """Processor time of all threads."""
    switches: int | None
    """Voluntary context switches of the loop's thread."""
    queued_ns: int | None
    """How long the loop's thread has queued for a core."""
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
    has_suspect: bool
    """Some other thread was in the user's code, or computed."""
    samples: int
    idle: bool
    """Most samples show the loop outside of any callback."""
    is_crowded: bool = False
    """More threads want to run than there are cores: now, or in the last second or so."""

    @property
    def cpu_ns(self) -> int:
        """Processor time of the loop's thread."""
        return self.after.cpu_ns - self.before.cpu_ns

    @property
    def collected_ns(self) -> int:
        """Garbage collection on any thread."""
        return self.after.collected_ns - self.before.collected_ns

    @property
    def queued_ns(self) -> int:
        """How long the loop's thread queued for a core."""
        before, after = self.before.queued_ns, self.after.queued_ns
        return 0 if before is None or after is None else after - before

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


class Verdict(NamedTuple):
    """The cause, and how much of the stall came from outside of what the loop's thread was doing."""

    cause: Cause
    starved_ns: int
    """For so long it could have gone on, had it had a core and the GIL."""


def judge(evidence: Evidence) -> Verdict:
    """The cause that took the largest part of the stall."""
    stall = evidence.stall_ns
    rest = max(0, stall - evidence.cpu_ns)
    machine = min(rest, max(evidence.queued_ns, evidence.stopped_ns))
    rest -= machine
    gil = _waited_for_gil(evidence, rest, stall - machine)
    return Verdict(_cause(evidence, machine, gil, rest - gil), machine + gil)


def _cause(evidence: Evidence, machine: int, gil: int, slept: int) -> Cause:
    stall, computed = evidence.stall_ns, evidence.cpu_ns
    if evidence.collected_ns * 2 >= stall:
        return Cause.GARBAGE_COLLECTION
    if machine * 2 >= stall and (stall - machine <= evidence.threshold_ns or machine * 5 >= stall * 4):
        return Cause.MACHINE
    if computed + slept <= evidence.threshold_ns and machine + gil >= computed + slept:
        return Cause.MACHINE if machine >= gil else Cause.GIL  # left alone, it would have been no stall
    # What would have been a stall on an idle machine, too, is to blame even where the machine doubled it.
    if computed * 2 >= stall - machine:
        return Cause.CPU
    parts = {Cause.BLOCKING_CALL: slept, Cause.GIL: gil, Cause.CPU: computed}
    return max(parts, key=lambda cause: parts[cause])


def _waited_for_gil(evidence: Evidence, rest_ns: int, span_ns: int) -> int:
    """How much of `rest_ns`, when it neither ran nor queued, the loop's thread wanted the GIL while others had it.

    `span_ns`: the stall without the time that it spent in the queue for a core.
    """
    starved = evidence.starved_ns * 3 >= span_ns
    if evidence.is_crowded and not evidence.idle:
        # Whoever has the GIL queues for a core with it, and uses no processor meanwhile; and so does the thread that
        # it is handed to. What shows that is how often the loop's thread asked, or for how long the watchdog did.
        return min(rest_ns, max(_asked_for_gil_ns(evidence), _switched_ns(evidence), evidence.starved_ns))
    if not starved and (evidence.others_ns * 3 < span_ns or evidence.starved_ns * 6 < span_ns):
        return 0  # the watchdog had the GIL whenever it wanted it, so the loop could have had it too
    if evidence.idle:
        return rest_ns
    if evidence.samples and not (evidence.has_suspect or evidence.others_ns * 3 >= span_ns):
        return 0  # a call of the loop's own thread kept it
    if evidence.samples <= 1 and min(evidence.starved_ns, evidence.others_ns) * 4 >= span_ns * 3:
        return rest_ns  # another thread computed and never let go
    return min(rest_ns, _asked_for_gil_ns(evidence))


def _asked_for_gil_ns(evidence: Evidence) -> int:
    """For how long the loop's thread asked for the GIL: it does so anew with each switch interval."""
    if evidence.waited_share is not None:
        return int(evidence.stall_ns * evidence.waited_share)
    return _switched_ns(evidence)


def _switched_ns(evidence: Evidence) -> int:
    """The same, from all the switches of its thread."""
    if evidence.after.switches is None or evidence.before.switches is None:
        return 0
    switches = evidence.after.switches - evidence.before.switches - evidence.usual_switches
    return int(max(0.0, switches) * switch_interval_ns())
