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

    __slots__ = ("code", "file", "id", "kind", "lane", "line", "retries", "runs", "short", "wall_ns", "weight", "why")

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
        self.retries = 0
        """How often the cluster may make the call again."""
        self.runs = 0
        self.wall_ns = 0.0
        self.weight = 1.0  # until something is known of it
        self.short = False

    def measures_next(self) -> bool:
        """Whether the next call is worth two readings of the thread's clock."""
        return not self.short or self.runs & 7 == 0

    def learn(self, wall_ns: int, cpu_ns: int, crowd: float) -> None:
        """Take in one finished call.

        The wall time falls fast and rises slowly, so that a call that was only kept waiting for the interpreter
        does not look slow.
        """
        share = computing_part(wall_ns, cpu_ns, crowd)
        if self.runs == 0:
            self.wall_ns = wall_ns
            self.weight = share
        else:
            self.wall_ns += (wall_ns - self.wall_ns) * (0.5 if wall_ns < self.wall_ns else 0.05)
            self.weight += (share - self.weight) * 0.3
        self.runs += 1
        self.short = self.wall_ns < SHORT_NS and self.weight > 0.3


def computing_part(wall_ns: int, cpu_ns: int, crowd: float) -> float:
    """The part of its time that a call would compute if it were alone, 0 to 1.

    `crowd` is how many threads wanted the interpreter meanwhile, this one included: each moment of computing took
    that many times as long, and what it took longer was neither computing nor the call's own waiting.
    """
    alone_ns = wall_ns - cpu_ns * (crowd - 1.0)
    return min(1.0, cpu_ns / alone_ns) if alone_ns > 0 else 1.0
