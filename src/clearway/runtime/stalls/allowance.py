"""Looking at a service costs it something: keeps that to a small part of the time."""

from __future__ import annotations

from time import perf_counter_ns, thread_time_ns


class Allowance:
    """Of one activity. After each time that it was done, it rests until it has taken only its part again.

    With a few threads and requests nothing is ever refused. With a thousand of each, looking at all of them takes
    milliseconds; doing that at every stall would make the next one.
    """

    def __init__(self, part: float) -> None:
        self.part = part
        self.rests_until_ns = 0
        self._cpu_ns = 0

    def grants(self) -> bool:
        """Whether the activity may be done now. If so, call `begin` and `end` around it, on one thread."""
        return perf_counter_ns() >= self.rests_until_ns

    def begin(self) -> None:
        """The activity begins."""
        self._cpu_ns = thread_time_ns()

    def end(self) -> None:
        """The activity has been done."""
        self.rests_until_ns = max(perf_counter_ns(), self.rests_until_ns) + int(
            (thread_time_ns() - self._cpu_ns) / self.part
        )
