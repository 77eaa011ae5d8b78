"""The process lane: what it gives to calls that compute, and what a call there costs by itself."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from benchmarks.cases.neighbours import Neighbours, cpu_rounds
from benchmarks.client import Address, Connection
from benchmarks.effort import Effort
from benchmarks.latency import median, percentile
from benchmarks.result import Figure, Outcome, Row, Target
from benchmarks.servers import Server, ServerError

ASKED = 500
TEXT = "x" * 1024


@dataclass(frozen=True, slots=True)
class Overhead:
    """One client asks for the same in turns, on the loop and in a worker: the difference is the way there and back."""

    name: str
    title: str
    at_most_s: float

    def run(self, effort: Effort) -> Outcome:
        loop_s: list[float] = []
        process_s: list[float] = []
        with Server("clearway") as server:
            server.wait_until_ready()
            for _ in range(effort.rounds):
                asyncio.run(_ask_in_turns(server, loop_s, process_s))
        overhead_s = median(process_s) - median(loop_s)
        row = Row(
            title=self.title,
            clearway=Figure(overhead_s, "s"),
            base=Figure(median(loop_s), "s"),
            beside="async",
            target=Target("at most", self.at_most_s),
            note=f"median {Figure(median(process_s), 's')}, p99 {Figure(percentile(process_s, 99), 's')} with HTTP",
        )
        return Outcome(self.name, (row,), ({"loop_s": loop_s, "process_s": process_s},))


async def _ask_in_turns(server: Server, loop_s: list[float], process_s: list[float]) -> None:
    addresses = [Address.of(server.url(f"/{path}/?text={TEXT}")) for path in ("echo", "echo-process")]
    connection = await Connection.open(addresses[0])
    try:
        for _ in range(ASKED):
            for address, seconds in zip(addresses, (loop_s, process_s), strict=True):
                started = time.perf_counter()
                status = await connection.ask(address.request)
                seconds.append(time.perf_counter() - started)
                if status != 200 or len(connection.body) < len(TEXT):
                    raise ServerError(f"{address.target[:20]} answered {status}")
    finally:
        connection.close()


CASES = (
    Neighbours(
        name="process",
        title="async def beside 10 clients on CPU-bound def in the process lane, p99",
        probed="/async/",
        load=lambda: f"/cpu-process/?rounds={cpu_rounds()}",
        connections=10,
        p99_at_most_s=0.020,
        bar="async def beside CPU-bound def in processes, p99",
        load_title="… throughput of the CPU-bound def, 2 cores",
        load_bar="throughput of that CPU-bound def in processes",
        load_at_least=1.7,
    ),
    Overhead(
        name="process-overhead",
        title="1 KB to a worker process and back, beside async def, median",
        at_most_s=0.0015,
    ),
)
