"""Blocking calls in an `async def`, with `--contain` and without: what they cost the others, and what they reach."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from benchmarks import wrk
from benchmarks.cases.throughput import Comparison, Side, Throughput, Window
from benchmarks.effort import Effort
from benchmarks.result import Figure, Outcome, Row, Target
from benchmarks.servers import Server, both
from benchmarks.upstream import upstream

HAMMER_CONNECTIONS = 10
LEAD_S = 1
LEARNING_S = 2
MOST_LESSONS = 5
UNCONTAINED_PER_S = 30
"""Ten clients of a call that takes 100 ms get 10 a second where it blocks, and up to 100 where it does not."""
"""So long the blocking endpoint is asked before anything is measured: its first call may stall."""


@dataclass(frozen=True, slots=True)
class Contained(Throughput):
    """The same as `Throughput`, against a server that contains."""

    hammered: str | None = None
    """Sides whose name ends in `hammered` are measured while ten clients ask this address."""
    asks_upstream: bool = False
    least_per_s: float | None = None
    """What the first comparison's first side has to reach a second, whatever plain FastAPI does."""

    def run(self, effort: Effort) -> Outcome:
        with contextlib.ExitStack() as stack:
            servers = stack.enter_context(both(effort.opponent, ("--contain",)))
            servers["off"] = stack.enter_context(Server("off"))
            servers["off"].wait_until_ready()
            query = f"?port={stack.enter_context(upstream())}" if self.asks_upstream else ""
            for target in {*(side.target for side in self.sides.values()), *([self.hammered] if self.hammered else [])}:
                wrk.run(servers["plain"].url(target + query), HAMMER_CONNECTIONS, 1)
                _learn(servers["clearway"].url(target + query))
            windows: dict[str, list[Window]] = {name: [] for name in self.sides}
            rounds, window_s = (
                (2 * effort.waiting_rounds, effort.waiting_window_s) if self.waits else (effort.rounds, effort.window_s)
            )
            for _ in range(rounds):
                for name, side in self.sides.items():
                    windows[name].append(self._window(servers[side.server], name, side, query, window_s))
        rows = [self._row(comparison, windows) for comparison in self.comparisons]
        return Outcome(self.name, tuple(rows + self._floor(windows)), tuple(self._measurements(windows)))

    def _window(self, server: Server, name: str, side: Side, query: str, seconds: int) -> Window:
        with self._hammer(server, seconds) if name.endswith("hammered") else contextlib.nullcontext():
            return self._measure(server, Side(side.server, side.target + query), seconds)

    @contextlib.contextmanager
    def _hammer(self, server: Server, seconds: int) -> Iterator[None]:
        assert self.hammered is not None
        load = wrk.start(server.url(self.hammered), HAMMER_CONNECTIONS, LEAD_S + seconds + 1)
        try:
            time.sleep(LEAD_S)
            yield
        finally:
            load.kill()
            load.wait()

    def _floor(self, windows: Mapping[str, list[Window]]) -> list[Row]:
        if self.least_per_s is None:
            return []
        name = self.comparisons[0].over
        found = max(window.load.requests_per_s for window in windows[name])
        target = Target("at least", self.least_per_s)
        return [Row(title="… the best of its rounds", clearway=Figure(found, "/s"), target=target)]


def _learn(url: str) -> None:
    """Ask until it is contained. On a busy machine it may take more than one stall to blame the call."""
    for _ in range(MOST_LESSONS):
        if wrk.run(url, HAMMER_CONNECTIONS, LEARNING_S).requests_per_s > UNCONTAINED_PER_S:
            return


def _contained(target: str) -> dict[str, Side]:
    return {"plain": Side("plain", target), "clearway": Side("clearway", target)}


CASES = (
    Contained(
        name="contain-victim",
        hammered="/blocks/",
        sides={
            "plain hammered": Side("plain", "/async/"),
            "clearway": Side("clearway", "/async/"),
            "clearway hammered": Side("clearway", "/async/"),
        },
        comparisons=(
            Comparison("async def beside 10 clients on async def + sleep", "clearway hammered", "plain hammered", 150),
            Comparison(
                "… beside itself undisturbed",
                "clearway hammered",
                "clearway",
                0.8,
                beside="the same endpoint undisturbed",
                bar="… of its own rate undisturbed",
            ),
        ),
    ),
    Contained(
        name="contain-sleep",
        waits=True,
        sides={**_contained("/blocks/"), "awaits": Side("clearway", "/blocks-awaits/")},
        comparisons=(
            Comparison("async def + time.sleep(0.1), 100 connections", "clearway", "plain", 90),
            Comparison("… where it also awaits: in a portal, not a thread", "awaits", "plain", 90),
        ),
        least_per_s=900,
    ),
    Contained(
        name="contain-requests",
        waits=True,
        asks_upstream=True,
        sides={
            **_contained("/requests/"),
            "def": Side("plain", "/def-requests/"),
            "awaits": Side("clearway", "/requests-awaits/"),
            "httpx": Side("off", "/httpx-async/"),  # computes long after its clients have gone: not beside the others
        },
        comparisons=(
            Comparison("async def + requests.get, 100 ms upstream", "clearway", "plain", 60),
            Comparison("… beside def on plain FastAPI", "clearway", "def", 1.5, beside="def on plain FastAPI"),
            Comparison("… beside httpx.AsyncClient", "clearway", "httpx", 1.0, beside="httpx.AsyncClient"),
            Comparison("… where it also awaits: in a portal", "awaits", "plain", 60),
            Comparison("… in a portal, beside httpx.AsyncClient", "awaits", "httpx", 1.0, beside="httpx.AsyncClient"),
        ),
        least_per_s=600,
    ),
)
