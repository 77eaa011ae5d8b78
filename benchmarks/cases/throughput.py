"""Requests a second under wrk. The sides of a case are measured in turn, round after round: A B C A B C …

Every comparison is the median of the ratios within a round, so that a machine that gets slower or busier
during the run changes both sides of each ratio.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks import wrk
from benchmarks.effort import Effort
from benchmarks.latency import median, pairwise_ratios
from benchmarks.result import PLAIN, Figure, Outcome, Row, Target
from benchmarks.servers import Kind, Server, both

DRAIN_TIMEOUT_S = 20.0


@dataclass(frozen=True, slots=True)
class Side:
    """One address of one server."""

    server: Kind
    target: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """A row of the table: the requests/s of one side over those of another."""

    title: str
    over: str
    under: str
    at_least: float
    beside: str = PLAIN
    bar: str = ""


@dataclass(frozen=True, slots=True)
class Throughput:
    """A case. The names of the sides are those that the comparisons use."""

    name: str
    sides: Mapping[str, Side]
    comparisons: tuple[Comparison, ...]
    connections: int = 100
    waits: bool = False
    """The endpoint waits: windows are longer, and answers later than wrk's 2 s are counted."""

    def run(self, effort: Effort) -> Outcome:
        rounds, window_s = (
            (effort.waiting_rounds, effort.waiting_window_s)
            if self.waits
            else (effort.rounds, effort.window_s)
        )
        with both(effort.opponent) as servers:
            for side in self.sides.values():
                self._load(servers[side.server], side, effort.warm_up_s)
            loads: dict[str, list[wrk.Load]] = {name: [] for name in self.sides}
            for _ in range(rounds):
                for name, side in self.sides.items():
                    loads[name].append(self._load(servers[side.server], side, window_s))
        rows = [self._row(comparison, loads) for comparison in self.comparisons]
        if self.waits:
            rows.append(self._timeouts(self.comparisons[0], loads))
        return Outcome(self.name, tuple(rows), tuple(self._measurements(loads)))

    def _load(self, server: Server, side: Side, seconds: int) -> wrk.Load:
        load = wrk.run(server.url(side.target), self.connections, seconds)
        # What wrk left behind must not burden the next window: one more request queues behind all of it.
        server.get(side.target, timeout_s=DRAIN_TIMEOUT_S)
        return load

    def _row(self, comparison: Comparison, loads: Mapping[str, list[wrk.Load]]) -> Row:
        over = [load.requests_per_s for load in loads[comparison.over]]
        under = [load.requests_per_s for load in loads[comparison.under]]
        ratios = pairwise_ratios(over, under)
        return Row(
            title=comparison.title,
            clearway=Figure(median(over), "/s"),
            base=Figure(median(under), "/s"),
            ratio=median(ratios),
            spread=(min(ratios), max(ratios)),
            target=Target("times", comparison.at_least),
            beside=comparison.beside,
            note=self._trouble(comparison, loads),
            bar=comparison.bar,
        )

    def _trouble(self, comparison: Comparison, loads: Mapping[str, list[wrk.Load]]) -> str:
        parts = []
        for name in (comparison.under, comparison.over):
            errors = sum(load.errors for load in loads[name])
            if errors:
                parts.append(f"{self.sides[name].server}: {errors} errors")
        return "; ".join(parts)

    def _timeouts(self, comparison: Comparison, loads: Mapping[str, list[wrk.Load]]) -> Row:
        """Answers that took longer than 2 s and requests that failed, in all rounds."""

        def count(name: str) -> Figure:
            return Figure(sum(load.timeouts + load.errors for load in loads[name]), "errors")

        def p99(name: str) -> Figure:
            return Figure(median([load.p99_s for load in loads[name]]), "s")

        return Row(
            title="… answers later than 2 s, and errors",
            clearway=count(comparison.over),
            base=count(comparison.under),
            target=Target("at most", 0),
            note=(
                f"p99: plain {p99(comparison.under)}, Clearway {p99(comparison.over)}; "
                f"late answers of {', '.join(f'{name} {count(name).value:.0f}' for name in loads)}"
            ),
        )

    def _measurements(self, loads: Mapping[str, list[wrk.Load]]) -> list[dict[str, Any]]:
        return [
            {
                "side": name,
                "server": self.sides[name].server,
                "target": self.sides[name].target,
                **asdict(load),
            }
            for name, measured in loads.items()
            for load in measured
        ]


CASES = (
    Throughput(
        name="async",
        sides={"plain": Side("plain", "/async/"), "clearway": Side("clearway", "/async/")},
        comparisons=(Comparison("trivial async def, 100 connections", "clearway", "plain", 0.98),),
    ),
    Throughput(
        name="def-pinned",
        sides={
            "plain": Side("plain", "/def-pinned/"),
            "clearway": Side("clearway", "/def-pinned/"),
            "async": Side("clearway", "/async/"),
        },
        comparisons=(
            Comparison("trivial def pinned to the loop", "clearway", "plain", 2.0),
            Comparison(
                "… beside async def in the same server",
                "clearway",
                "async",
                0.97,
                beside="Clearway's async def",
                bar="… of async def in the same server",
            ),
        ),
    ),
    Throughput(
        name="def-thread",
        sides={"plain": Side("plain", "/def/"), "clearway": Side("clearway", "/def/")},
        comparisons=(Comparison("trivial def in the thread lane", "clearway", "plain", 1.6),),
    ),
    Throughput(
        name="dependencies",
        sides={"plain": Side("plain", "/dependencies/"), "clearway": Side("clearway", "/dependencies/")},
        comparisons=(Comparison("def, two sync dependencies, model; pinned", "clearway", "plain", 2.5),),
    ),
    Throughput(
        name="sleep",
        connections=1000,
        waits=True,
        sides={
            "plain": Side("plain", "/def-100ms/"),
            "clearway": Side("clearway", "/def-100ms/"),
            "async": Side("clearway", "/async-100ms/"),
        },
        comparisons=(
            Comparison("def sleeping 100 ms, 1,000 connections", "clearway", "plain", 7.0),
            Comparison(
                "… beside async def sleeping, same server",
                "clearway",
                "async",
                0.7,
                beside="Clearway's async def",
                bar="… of async def sleeping, same server",
            ),
        ),
    ),
)
