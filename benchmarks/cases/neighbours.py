"""What an endpoint suffers from its neighbours: asked 60 times a second while others load the same server."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

from benchmarks import probe, wrk
from benchmarks.effort import Effort
from benchmarks.latency import median, pairwise_ratios
from benchmarks.result import Figure, Outcome, Row, Target, lower_is_better
from benchmarks.servers import Kind, Server, both
from benchmarks.work import rounds_for

RATE = 60.0
LEAD_S = 2
"""The load runs alone for so long before the probe starts."""
GRACE_S = 2.0
CPU_CALL_S = 0.05


@cache
def cpu_target() -> str:
    """The address of 50 ms of pure Python, measured once, the same for both servers."""
    return f"/cpu/?rounds={rounds_for(CPU_CALL_S)}"


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

    def run(self, effort: Effort) -> Outcome:
        seen: dict[Kind, list[Observation]] = {"plain": [], "clearway": []}
        for _ in range(effort.probe_rounds):
            with both(effort.opponent) as servers:  # anew in each round: an overloaded server takes long to recover
                for kind, server in servers.items():
                    seen[kind].append(self._observe(kind, server, effort.probe_s))
        rows = [self._latency(seen["plain"], seen["clearway"])]
        if self.load_at_least is not None:
            rows.append(self._throughput(seen["plain"], seen["clearway"], self.load_at_least))
        return Outcome(self.name, tuple(rows), tuple(self._measurements(seen)))

    def _observe(self, kind: Kind, server: Server, seconds: int) -> Observation:
        load_s = LEAD_S + seconds + 1
        load = wrk.start(server.url(self.load()), self.connections, load_s)
        try:
            time.sleep(LEAD_S)
            seen = probe.run(server.url(self.probed), RATE, seconds, GRACE_S)
        except BaseException:
            load.kill()
            load.wait()
            raise
        return Observation(kind, seen, wrk.finish(load, timeout_s=load_s + 15))

    def _latency(self, plain: list[Observation], clearway: list[Observation]) -> Row:
        base, ours = _middle(plain), _middle(clearway)
        ratios = pairwise_ratios([o.probe.p99_s for o in plain], [o.probe.p99_s for o in clearway])
        errors = [(o.server, o.probe.errors) for o in (*plain, *clearway) if o.probe.errors > o.probe.unanswered]
        return Row(
            title=self.title,
            clearway=ours,
            base=base,
            ratio=lower_is_better(base, ours),
            spread=(min(ratios), max(ratios)),
            target=Target("at most", self.p99_at_most_s),
            note="; ".join(f"{server}: {count} errors" for server, count in errors),
            bar=self.bar,
        )

    def _throughput(self, plain: list[Observation], clearway: list[Observation], at_least: float) -> Row:
        over = [o.load.requests_per_s for o in clearway]
        under = [o.load.requests_per_s for o in plain]
        ratios = pairwise_ratios(over, under)
        return Row(
            title=self.load_title,
            clearway=Figure(median(over), "/s"),
            base=Figure(median(under), "/s"),
            ratio=median(ratios),
            spread=(min(ratios), max(ratios)),
            target=Target("times", at_least),
            bar=self.load_bar,
        )

    def _measurements(self, seen: dict[Kind, list[Observation]]) -> list[dict[str, Any]]:
        return [
            {"server": kind, "probed": self.probed, "probe": asdict(one.probe), "load": asdict(one.load)}
            for kind, observations in seen.items()
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
