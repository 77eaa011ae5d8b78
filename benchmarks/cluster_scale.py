"""What a cluster of thousands of workers needs: a calculation from costs that are measured here.

`python -m benchmarks.cluster_scale` runs calls that do nothing over a scheduler and two workers, reads the processor
time of each process, and prints for several sizes how many schedulers and app processes carry them.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import uvloop

import clearway
from benchmarks.cluster import WORKERS, DaskProcesses, dask_processes, lanes
from benchmarks.machine import describe
from benchmarks.work import compute

CLIENTS = 32
UTILISATION = 0.7
"""What a process of one thread may be used to, so that its queue stays short."""
SIZES = ((100, 0.1), (100, 1.0), (1000, 1.0), (1000, 10.0), (4000, 1.0), (4000, 10.0), (4000, 60.0))
"""(threads of the workers, seconds of a call)."""
LENGTHS_S = (0.01, 0.05, 0.1, 0.2, 1.0)
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Costs:
    """Processor milliseconds a call, and the time of a call that does nothing."""

    scheduler_ms: float
    app_ms: float
    worker_ms: float
    latency_ms: float
    base: float
    """The part of a processor that a scheduler without workers uses."""
    heartbeat_ms: float
    """Of the scheduler, for each heartbeat of a worker; a client's own are in it."""


def cpu_s(pid: int) -> float:
    """Processor time of a process so far (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def idle_part(pid: int, seconds: float) -> float:
    """The part of a processor that a process uses while nobody asks anything of it."""
    before = cpu_s(pid)
    time.sleep(seconds)
    return (cpu_s(pid) - before) / seconds


async def measure(machines: DaskProcesses, base: float, calls: int, idle_s: float) -> Costs:
    """The scheduler's and the workers' processor time is what /proc says, the app's its own."""
    async with lanes(machines.address):

        async def ask(count: int) -> None:
            for _ in range(count):
                await clearway.offload(compute, 0, lane="cluster")

        await ask(50)
        began = time.perf_counter()
        await ask(50)
        latency_ms = (time.perf_counter() - began) / 50 * 1000
        idle = await asyncio.to_thread(idle_part, machines.scheduler, idle_s)
        before = (cpu_s(machines.scheduler), time.process_time(), sum(map(cpu_s, machines.workers)))
        wall_s = time.perf_counter()
        await asyncio.gather(*(ask(calls // CLIENTS) for _ in range(CLIENTS)))
        wall_s = time.perf_counter() - wall_s
        after = (cpu_s(machines.scheduler), time.process_time(), sum(map(cpu_s, machines.workers)))
    made = calls // CLIENTS * CLIENTS
    scheduler_s, app_s, workers_s = (late - early for late, early in zip(after, before, strict=True))
    return Costs(
        scheduler_ms=max(0.0, scheduler_s - idle * wall_s) / made * 1000,
        app_ms=app_s / made * 1000,
        worker_ms=workers_s / made * 1000,
        latency_ms=latency_ms,
        base=base,
        heartbeat_ms=max(0.0, idle - base) / WORKERS * heartbeat_s(WORKERS) * 1000,
    )


def needed(costs: Costs, threads: int, call_s: float) -> dict[str, float]:
    """What keeps so many threads busy with calls of this length, each thread a worker of its own.

    Each scheduler has its share of the workers, the app processes and the calls, and its own heartbeats only; Dask
    lets workers beat less often where there are many, so together they never send more than 200 a second.
    """
    rate = threads / call_s
    schedulers = 1
    while True:
        workers = threads / schedulers
        beats_per_s = workers / heartbeat_s(workers)
        load = costs.base + (rate / schedulers * costs.scheduler_ms + beats_per_s * costs.heartbeat_ms) / 1000
        if load <= UTILISATION:
            break
        schedulers += 1
    apps = max(schedulers, math.ceil(rate * costs.app_ms / 1000 / UTILISATION))
    apps = math.ceil(apps / schedulers) * schedulers  # each shard has as many
    # Little's law: calls in flight = rate × (call + way there and back).
    in_flight = math.ceil(rate * (call_s + costs.latency_ms / 1000))
    return {
        "threads": threads,
        "call_s": call_s,
        "calls_per_s": rate,
        "schedulers": schedulers,
        "scheduler_load": load,
        "app_processes": apps,
        "in_flight": in_flight,
        "cluster_in_flight": math.ceil(in_flight / apps),
    }


def useful(costs: Costs, call_s: float) -> dict[str, float]:
    """The part of the processors' time that calls of this length compute themselves, where they keep them busy: with
    app and scheduler on the workers' machine, and with these elsewhere."""
    call_ms = call_s * 1000
    everything = costs.scheduler_ms + costs.app_ms + costs.worker_ms
    return {
        "call_ms": call_ms,
        "one_machine": call_ms / (call_ms + everything),
        "workers_apart": call_ms / (call_ms + costs.worker_ms),
    }


def heartbeat_s(workers: float) -> float:
    """Dask's own rule."""
    return 0.5 if workers <= 10 else 1.0 if workers < 50 else workers / 200 + 1


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cluster_scale", description=__doc__)
    parser.add_argument("--calls", type=int, default=3200)
    parser.add_argument("--idle", type=float, default=10.0, help="seconds in which the idle scheduler is watched")
    options = parser.parse_args()
    about = describe(quick=False, noise=False)
    with dask_processes(0) as alone:
        time.sleep(5)  # it has started by then
        base = idle_part(alone.scheduler, options.idle)
    with dask_processes(WORKERS) as machines, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        costs = runner.run(measure(machines, base, options.calls, options.idle))
    print(json.dumps({key: round(value, 3) for key, value in asdict(costs).items()}))
    bound = UTILISATION * 1000 / costs.scheduler_ms
    print(json.dumps({"calls_per_s_of_a_scheduler": round(bound), "utilisation": UTILISATION}))
    for call_s in LENGTHS_S:
        print(json.dumps({key: round(value, 2) for key, value in useful(costs, call_s).items()}))
    for threads, call_s in SIZES:
        print(json.dumps({key: round(value, 2) for key, value in needed(costs, threads, call_s).items()}))
    print(json.dumps({key: about[key] for key in ("date", "python", "processors", "load_average", "commit")}))


if __name__ == "__main__":
    main()
