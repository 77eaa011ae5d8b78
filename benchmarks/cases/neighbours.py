"""What an endpoint suffers from its neighbours: asked 60 times a second while others load the same server."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import cache
from typing import Any

from benchmarks import probe, wrk
from benchmarks.effort import Effort
from benchmarks.latency import median, pairwise_ratios
from benchmarks.result import Figure, Outcome, Row, Target, lower_is_better, rates_row
from benchmarks.servers import Kind, Server, both
from benchmarks.work import rounds_for

RATE = 60.0
LEAD_S = 2
"""The load runs alone for so long before the probe starts."""
GRACE_S = 2.0
CPU_CALL_S = 0.05


@cache
def cpu_rounds() -> int:
    """50 ms of pure Python, measured once, the same for both servers."""
    return rounds_for(CPU_CALL_S)


def cpu_target() -> str:
    return f"/cpu/?rounds={cpu_rounds()}"


@dataclass(frozen=True, slots=True)
class Observation:
    """One probe, and the load that ran beside it."""

    server: Kind
    probe: probe.Probe
    load: wrk.Load

    def p99(self) -> Figure:
        # With more than 1 % of the requests unanswered the percentile is one of those that were cut off.
        return Figure(self.probe.p99_s, "s", at_least=self.probe.unanswered > self.probe.asked / 100)


@dataclass(frozen=True, slots=True)
class Neighbours:
    """A case: the probed address, the load beside it, and the targets."""

    name: str
    title: str
    probed: str
    load: Callable[[], str]
    connections: int
    p99_at_most_s: float
    bar: str = ""
    load_title: str = ""
    load_bar: str = ""
    load_at_least: float | None = None
    """The load itself must keep this part of its throughput."""
    floor: tuple[str, str] | None = None
    """A probed address and a load that need no thread: what the loop alone gives on this machine."""

    def run(self, effort: Effort) -> Outcome:
        seen: dict[Kind, list[Observation]] = {"plain": [], "clearway": []}
        floor: list[Observation] = []
        for _ in range(effort.probe_rounds):
            with both(effort.opponent) as servers:  # anew in each round: an overloaded server takes long to recover
                if self.floor is not None:
                    floor.append(_observe("plain", servers["plain"], *self.floor, self.connections, effort.probe_s))
                for kind, server in servers.items():
                    load = self.load()
                    seen[kind].append(_observe(kind, server, self.probed, load, self.connections, effort.probe_s))
        rows = [self._latency(seen["plain"], seen["clearway"], floor)]
        if self.load_at_least is not None:
            rows.append(self._throughput(seen["plain"], seen["clearway"], self.load_at_least))
        return Outcome(self.name, tuple(rows), tuple(_measurements(seen, floor)))

    def _latency(self, plain: list[Observation], clearway: list[Observation], floor: list[Observation]) -> Row:
        base, ours = _middle(plain), _middle(clearway)
        ratios = pairwise_ratios([o.probe.p99_s for o in plain], [o.probe.p99_s for o in clearway])
        notes = [
            f"{one.server}: {one.probe.errors} errors"
            for one in (*plain, *clearway)
            if one.probe.errors > one.probe.unanswered
        ]
        if floor:
            notes.append(f"with async def on both sides, plain, no thread at all: {_middle(floor)}")
        return Row(
            title=self.title,
            clearway=ours,
            base=base,
            ratio=lower_is_better(base, ours),
            spread=(min(ratios), max(ratios)),
            target=Target("at most", self.p99_at_most_s),
            note="; ".join(notes),
            bar=self.bar,
        )

    def _throughput(self, plain: list[Observation], clearway: list[Observation], at_least: float) -> Row:
        over = [o.load.requests_per_s for o in clearway]
        under = [o.load.requests_per_s for o in plain]
        return replace(rates_row(self.load_title, over, under, at_least), bar=self.load_bar)


def _observe(kind: Kind, server: Server, probed: str, load_target: str, connections: int, seconds: int) -> Observation:
    """Probe one address while another is loaded."""
    load_s = LEAD_S + seconds + 1
    load = wrk.start(server.url(load_target), connections, load_s)
    try:
        time.sleep(LEAD_S)
        seen = probe.run(server.url(probed), RATE, seconds, GRACE_S)
    except BaseException:
        load.kill()
        load.wait()
        raise
    return Observation(kind, seen, wrk.finish(load, timeout_s=load_s + 15))


def _measurements(seen: Mapping[Kind, list[Observation]], floor: list[Observation]) -> list[dict[str, Any]]:
    sides: dict[str, list[Observation]] = {**dict(seen.items()), "plain without threads": floor}
    return [
        {"side": side, "probe": asdict(one.probe), "load": asdict(one.load)}
        for side, observations in sides.items()
        for one in observations
    ]


def _middle(observations: list[Observation]) -> Figure:
    """The median p99 of the rounds."""
    figures = [one.p99() for one in observations]
    return Figure(median([f.value for f in figures]), "s", at_least=any(f.at_least for f in figures))


CASES = (
    Neighbours(
        name="health",
        title="def health check beside 1,000 clients on def 1 s, p99",
        probed="/health/",
        load=lambda: "/def-1s/",
        connections=1000,
        p99_at_most_s=0.025,
        bar="def health check beside 1,000 slow calls, p99",
        floor=("/async/", "/slow/?seconds=1"),
    ),
    Neighbours(
        name="cpu",
        title="async def beside 10 clients on CPU-bound def, p99",
        probed="/async/",
        load=cpu_target,
        connections=10,
        p99_at_most_s=0.030,
        bar="async def beside CPU-bound def, p99",
        load_title="… throughput of the CPU-bound def",
        load_bar="throughput of that CPU-bound def",
        load_at_least=0.9,
    ),
)
