"""How the service is doing meanwhile: memory, threads, and stalls that containment should have prevented."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING, Any

from benchmarks import client
from benchmarks.soak.service import CONTAINED

if TYPE_CHECKING:
    from benchmarks.servers import Server

LONGEST_STALL_S = 0.05
WARM_UP = 0.2
"""The first part of the run is left out: pools fill, caches grow."""
GROWTH = 1.05
SLACK_KIB = 8 * 1024
SLACK_THREADS = 8


@dataclass(slots=True)
class Watch:
    """Samples, one a second."""

    memory_kib: list[int] = field(default_factory=list)
    threads: list[int] = field(default_factory=list)
    stalls: dict[tuple[str, float], tuple[float, float]] = field(default_factory=dict)
    """(where, when) and seconds, of stalls by a blocking call on a contained route: those that were its own, and all.
    Where more processes want to run than there are cores, a thread that gives the GIL away at `connect` gets neither
    a core nor the GIL back at once. That stops any service, and contained calls are not to blame for it."""
    faults: int = 0

    def sample(self, server: Server, snapshot: dict[str, Any]) -> None:
        self.memory_kib.append(server.memory_kib())
        self.threads.append(server.threads())
        self.faults = snapshot["faults"]
        for stall in snapshot["stalls"]["latest"]:
            if stall["cause"] == "blocking_call" and stall["route"] in CONTAINED:
                own_s = stall["duration_s"] - stall["starved_s"]
                self.stalls[_where(stall), stall["started_s"]] = (own_s, stall["duration_s"])

    def problems(self) -> list[str]:
        """What grew, and what stalled; empty when all is well."""
        found = []
        for name, values, slack in (("memory", self.memory_kib, SLACK_KIB), ("threads", self.threads, SLACK_THREADS)):
            early, late = self.ends(values)
            if late > early * GROWTH and late > early + slack:
                found.append(f"{name} grew from {early:,.0f} to {late:,.0f}")
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

    @staticmethod
    def ends(values: list[int]) -> tuple[float, float]:
        """Medians of the first and the last third, the warm-up left out."""
        steady = values[int(len(values) * WARM_UP) :]
        third = max(1, len(steady) // 3)
        return median(steady[:third]), median(steady[-third:])

    def lines(self) -> list[str]:
        longest_s = max((own_s for own_s, _ in self.stalls.values()), default=0.0)
        with_waits_s = max((all_s for _, all_s in self.stalls.values()), default=0.0)
        memory, threads = self.ends(self.memory_kib), self.ends(self.threads)
        return [
            f"memory {memory[0] / 1024:.0f} MiB early, {memory[1] / 1024:.0f} MiB late; "
            f"threads {threads[0]:.0f} early, {threads[1]:.0f} late",
            f"stalls by contained calls: {len(self.stalls)}, longest {longest_s * 1000:.0f} ms of their own, "
            f"{with_waits_s * 1000:.0f} ms with waiting for a core or the GIL",
        ]


def _where(stall: dict[str, Any]) -> str:
    inner = " < ".join(f"{frame['function']}:{frame['line']}" for frame in reversed(stall["stack"][-3:]))
    return f"{stall['route']} {stall['operation']} in {inner}"


async def snapshot_of(url: str) -> dict[str, Any]:
    """What the console says now. Raises OSError."""
    _, body = await client.get(url)
    snapshot: dict[str, Any] = json.loads(body)
    return snapshot
