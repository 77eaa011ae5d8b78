"""Requests that hold what others need: a database connection, or a thread. All are sent at once."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from benchmarks import burst
from benchmarks.effort import Effort
from benchmarks.latency import median
from benchmarks.result import Figure, Outcome, Row, Target, lower_is_better
from benchmarks.servers import Kind, Server, both

WARM_UP = 5


@dataclass(frozen=True, slots=True)
class Deadlock:
    """A case: how many requests at once, and how long the ideal server would take."""

    name: str
    title: str
    bar: str
    target: str
    count: int
    ideal_s: float
    at_most_s: float
    timeout_s: float
    """Plain FastAPI is given so long."""

    def run(self, effort: Effort) -> Outcome:
        seen: dict[Kind, list[burst.Burst]] = {"plain": [], "clearway": []}
        for _ in range(effort.burst_rounds):
            with both(effort.opponent) as servers:  # anew in each round: a deadlocked server stays one
                for kind, server in servers.items():
                    seen[kind].append(self._send(server))
        plain, clearway = _wall(seen["plain"]), _wall(seen["clearway"])
        errors = Row(
            title="… errors",
            clearway=_errors(seen["clearway"]),
            base=_errors(seen["plain"]),
            target=Target("at most", 0),
        )
        wall = Row(
            title=self.title,
            clearway=clearway,
            base=plain,
            ratio=lower_is_better(plain, clearway),
            target=Target("at most", self.at_most_s),
            note=f"ideal {Figure(self.ideal_s, 's')}",
            bar=self.bar,
        )
        measurements = [{"server": kind, **asdict(one)} for kind, bursts in seen.items() for one in bursts]
        return Outcome(self.name, (wall, errors), tuple(measurements))

    def _send(self, server: Server) -> burst.Burst:
        burst.run(server.url(self.target), WARM_UP, self.timeout_s)
        return burst.run(server.url(self.target), self.count, self.timeout_s)


def _wall(bursts: list[burst.Burst]) -> Figure:
    """The median; cut off where some answer never came."""
    return Figure(median([one.wall_s for one in bursts]), "s", at_least=any(one.unanswered for one in bursts))


def _errors(bursts: list[burst.Burst]) -> Figure:
    """The most errors that a round had."""
    return Figure(max(one.errors for one in bursts), "errors")


CASES = (
    Deadlock(
        name="pool",
        title="pool deadlock: 60 requests, 10 connections",
        bar="pool deadlock, 60 requests at once",
        target="/pool/",
        count=60,
        ideal_s=0.3,
        at_most_s=0.45,
        timeout_s=20.0,
    ),
    Deadlock(
        name="nested",
        title="nested deadlock: 40 handlers that need a second thread",
        bar="nested threads, 40 requests at once",
        target="/nested/",
        count=40,
        ideal_s=0.2,
        at_most_s=0.3,
        timeout_s=3.0,
    ),
)
