"""Requests a second under wrk. The sides of a case are measured in turn, round after round: A B C A B C …

Every comparison is the median of the ratios within a round, so that a machine that gets slower or busier
during the run changes both sides of each ratio.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
from typing import Any

from benchmarks import wrk
from benchmarks.effort import Effort
from benchmarks.latency import median
from benchmarks.result import PLAIN, Figure, Outcome, Row, Target, rates_row
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
class Window:
    """One measurement, and what the server's process needed for it."""

    load: wrk.Load
    cpu_s: float

    @property
    def cpu_per_request_us(self) -> float:
        """Less noisy than requests a second, where others use the machine too."""
        return self.cpu_s / max(1, self.load.requests) * 1e6


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
            (effort.waiting_rounds, effort.waiting_window_s) if self.waits else (effort.rounds, effort.window_s)
        )
        with self.servers(effort) as servers:
            for side in self.sides.values():
                self._measure(servers[side.server], side, effort.warm_up_s)
            windows: dict[str, list[Window]] = {name: [] for name in self.sides}
            for _ in range(rounds):
                for name, side in self.sides.items():
                    windows[name].append(self._measure(servers[side.server], side, window_s))
        rows = [self._row(comparison, windows) for comparison in self.comparisons]
        if self.waits:
            rows.append(self._timeouts(self.comparisons[0], windows))
        return Outcome(self.name, tuple(rows), tuple(self._measurements(windows)))

    def servers(self, effort: Effort) -> AbstractContextManager[dict[Kind, Server]]:
        """The two servers that are compared."""
        return both(effort.opponent)

    def _measure(self, server: Server, side: Side, seconds: int) -> Window:
        before_s = server.cpu_s()
        load = wrk.run(server.url(side.target), self.connections, seconds)
        window = Window(load, server.cpu_s() - before_s)
        # What wrk left behind must not burden the next window: one more request queues behind all of it.
        server.get(side.target, timeout_s=DRAIN_TIMEOUT_S)
        return window

    def _row(self, comparison: Comparison, windows: Mapping[str, list[Window]]) -> Row:
        over = [window.load.requests_per_s for window in windows[comparison.over]]
        under = [window.load.requests_per_s for window in windows[comparison.under]]
        row = rates_row(comparison.title, over, under, comparison.at_least)
        return replace(row, beside=comparison.beside, note=self._note(comparison, windows), bar=comparison.bar)

    def _note(self, comparison: Comparison, windows: Mapping[str, list[Window]]) -> str:
        """The processor time a request costs the server, and what went wrong."""
        parts = []
        for name in (comparison.under, comparison.over):
            cpu_us = median([window.cpu_per_request_us for window in windows[name]])
            errors = sum(window.load.errors for window in windows[name])
            parts.append(f"{name} {cpu_us:.0f} µs{f' and {errors} errors' if errors else ''}")
        return f"server CPU a request: {', '.join(parts)}"

    def _timeouts(self, comparison: Comparison, windows: Mapping[str, list[Window]]) -> Row:
        """Answers that took longer than 2 s and requests that failed, in all rounds."""

        def count(name: str) -> Figure:
            return Figure(sum(window.load.timeouts + window.load.errors for window in windows[name]), "errors")

        def p99(name: str) -> Figure:
            return Figure(median([window.load.p99_s for window in windows[name]]), "s")

        return Row(
            title="… answers later than 2 s, and errors",
            clearway=count(comparison.over),
            base=count(comparison.under),
            target=Target("at most", 0),
            note=(
                f"p99: plain {p99(comparison.under)}, Clearway {p99(comparison.over)}; "
                f"late answers of {', '.join(f'{name} {count(name).value:.0f}' for name in windows)}"
            ),
        )

    def _measurements(self, windows: Mapping[str, list[Window]]) -> list[dict[str, Any]]:
        return [
            {
                "side": name,
                "server": self.sides[name].server,
                "target": self.sides[name].target,
                **asdict(window.load),
                "cpu_per_request_us": round(window.cpu_per_request_us, 1),
            }
            for name, measured in windows.items()
            for window in measured
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
