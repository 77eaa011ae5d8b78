"""What the runtime knows of one callable: where it runs and why, and how its calls have behaved."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import CodeType

    from clearway.model import CallKind, Lane

SHORT_NS = 500_000
"""A call that computes for less than this is over before another thread would have been woken."""


class CallSite:
    """One callable of the user's. `weight` is the part of its time that a call computes, 0 to 1."""

    __slots__ = ("code", "file", "id", "kind", "lane", "line", "runs", "short", "wall_ns", "weight", "why")

    def __init__(
        self,
        id: str,
        kind: CallKind,
        lane: Lane,
        why: str,
        code: CodeType | None,
        file: str | None,
        line: int | None,
    ) -> None:
        self.id = id
        self.kind = kind
        self.lane = lane
        self.why = why
        self.code = code
        self.file = file
        self.line = line
        self.runs = 0
        self.wall_ns = 0.0
        self.weight = 0.5
        self.short = False

    def measures_next(self) -> bool:
        """Whether the next call is worth two readings of the thread's clock."""
        return not self.short or self.runs & 7 == 0

    def learn(self, wall_ns: int, cpu_ns: int, crowd: float) -> None:
        """Take in one finished call.

        `crowd` is how many threads wanted the interpreter at the time, this one included: a call that computes
        has got only its part of it, so its CPU time is scaled up by that. The wall time falls fast and rises
        slowly, so that a call that was only kept waiting for the interpreter does not look slow.
        """
        share = min(1.0, cpu_ns / wall_ns * crowd) if wall_ns > 0 else 1.0
        if self.runs == 0:
            self.wall_ns = wall_ns
            self.weight = share
        else:
            self.wall_ns += (wall_ns - self.wall_ns) * (0.5 if wall_ns < self.wall_ns else 0.05)
            self.weight += (share - self.weight) * 0.3
        self.runs += 1
        self.short = self.wall_ns < SHORT_NS and self.weight > 0.3
