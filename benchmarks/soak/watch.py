"""How the service is doing meanwhile: memory, threads, and stalls that containment should have prevented."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Any

from benchmarks import client
from benchmarks.soak.growth import Sample, growth_of
from benchmarks.soak.service import CONTAINED

if TYPE_CHECKING:
    from benchmarks.servers import Server

LONGEST_STALL_S = 0.05
WARM_UP = 0.4
"""The first part of the run is left out: pools fill, caches grow, and what Clearway keeps of the latest stalls."""
MOST_KIB = 3 * 1024
"""By so much the line through the rest of the samples may rise: 60 MiB an hour in a run of five minutes, whose noise is
no smaller, and 10 in one of half an hour."""
MOST_THREADS = 4


@dataclass(slots=True)
class Watch:
    """Samples, one a second."""

    memory_kib: list[Sample] = field(default_factory=list)
    threads: list[Sample] = field(default_factory=list)
    stalls: dict[tuple[str, float], tuple[float, float]] = field(default_factory=dict)
    """(where, when) and seconds, of stalls by a blocking call on a contained route: those that were its own, and all.
    Where more processes want to run than there are cores, a thread that gives the GIL away at `connect` gets neither
    a core nor the GIL back at once. That stops any service, and contained calls are not to blame for it."""
    faults: int = 0

    def sample(self, server: Server, snapshot: dict[str, Any]) -> None:
        now_s = monotonic()
        self.memory_kib.append(Sample(now_s, server.memory_kib()))
        self.threads.append(Sample(now_s, server.threads()))
        self.faults = snapshot["faults"]
        for stall in snapshot["stalls"]["latest"]:
            if stall["cause"] == "blocking_call" and stall["route"] in CONTAINED:
                own_s = stall["duration_s"] - stall["starved_s"]
                self.stalls[_where(stall), stall["started_s"]] = (own_s, stall["duration_s"])

    def problems(self) -> list[str]:
        """What grew, and what stalled; empty when all is well."""
        found = []
        for name, samples, most in (("memory", self.memory_kib, MOST_KIB), ("threads", self.threads, MOST_THREADS)):
            growth = growth_of(steady(samples))
            if growth.total > most:
                found.append(f"{name} grew from {growth.first:,.0f} to {growth.last:,.0f} in {growth.span_s:.0f} s")
        long = [
            f"{where} {own_s * 1000:.0f} ms of {all_s * 1000:.0f} ms"
            for (where, _), (own_s, all_s) in self.stalls.items()
            if own_s > LONGEST_STALL_S
        ]
        if long:
            found.append(f"{len(long)} stalls by contained calls: {', '.join(long[:5])}")
        if self.faults:
            found.append(f"{self.faults} faults of Clearway itself")
        return found

    def lines(self) -> list[str]:
        longest_s = max((own_s for own_s, _ in self.stalls.values()), default=0.0)
        with_waits_s = max((all_s for _, all_s in self.stalls.values()), default=0.0)
        memory, threads = growth_of(steady(self.memory_kib)), growth_of(steady(self.threads))
        return [
            f"after {WARM_UP:.0%} of the time: memory {memory.first / 1024:.1f} MiB, threads {threads.first:.0f}",
            f"at the end: memory {memory.last / 1024:.1f} MiB, threads {threads.last:.0f}; "
            f"memory {memory.per_hour / 1024:+.1f} MiB an hour",
            f"stalls by contained calls: {len(self.stalls)}, longest {longest_s * 1000:.0f} ms of their own, "
            f"{with_waits_s * 1000:.0f} ms with waiting for a core or the GIL",
        ]


def steady(samples: list[Sample]) -> list[Sample]:
    """Those after the warm-up."""
    return samples[int(len(samples) * WARM_UP) :]


def _where(stall: dict[str, Any]) -> str:
    inner = " < ".join(f"{frame['function']}:{frame['line']}" for frame in reversed(stall["stack"][-3:]))
    return f"{stall['route']} {stall['operation']} in {inner}"


async def snapshot_of(url: str) -> dict[str, Any]:
    """What the console says now. Raises OSError."""
    _, body = await client.get(url)
    snapshot: dict[str, Any] = json.loads(body)
    return snapshot
