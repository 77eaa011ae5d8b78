"""The cluster lane beside the process lane: the same CPU-bound calls, two workers each, in one run.

`python -m benchmarks.cluster` prints calls a second of both, their ratio, and what a call that does nothing costs.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import uvloop
from fastapi import FastAPI

import clearway
from benchmarks.machine import describe
from benchmarks.servers import ROOT
from benchmarks.work import compute, rounds_for
from clearway.runtime.lanes.process import NICENESS
from clearway.settings import Settings

WORKERS = 2
CLIENTS = 6
CALLS_S = (0.01, 0.05, 0.2)
Lane = Literal["process", "cluster"]


@dataclass(frozen=True, slots=True)
class DaskProcesses:
    """A scheduler and its workers on loopback."""

    address: str
    scheduler: int
    """Its process id."""
    workers: tuple[int, ...]


@contextlib.contextmanager
def dask_processes(workers: int) -> Iterator[DaskProcesses]:
    """Started as a user starts them, save that nobody restarts them, and that the workers have the priority of those
    of the process lane: else whatever else the machine does would decide between the two."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port = sock.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    quick = ("--host", "127.0.0.1", "--no-dashboard")
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
    started: list[subprocess.Popen[bytes]] = []

    def start(folder: str, *arguments: str, niceness: int = 0) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            ["nice", "-n", str(niceness), sys.executable, "-m", "dask", *arguments, *quick],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        started.append(process)
        return process

    with tempfile.TemporaryDirectory() as folder:
        try:
            start(folder, "scheduler", "--port", str(port))
            for _ in range(workers):
                start(folder, "worker", address, "--no-nanny", "--nthreads", "1", niceness=NICENESS)
            yield DaskProcesses(address, started[0].pid, tuple(process.pid for process in started[1:]))
        finally:
            for process in started:
                process.kill()
                process.wait()


@contextlib.asynccontextmanager
async def lanes(address: str) -> AsyncIterator[clearway.Runtime]:
    """An app with both lanes ready; `clearway.offload` goes through it."""
    runtime = clearway.install(FastAPI(), settings=Settings(cluster=address, processes=WORKERS))
    for lane in (clearway.Lane.PROCESS, clearway.Lane.CLUSTER):
        runtime.remote_lane(lane)
    await runtime.start_lanes()
    try:
        while runtime.snapshot()["cluster"]["workers"] < WORKERS:
            await asyncio.sleep(0.05)
        yield runtime
    finally:
        await runtime.stop_lanes()
        runtime.uninstall()


async def rate(lane: Lane, rounds: int, window_s: float) -> float:
    """Calls a second while `CLIENTS` clients ask without a pause."""
    done = 0
    began = time.perf_counter()

    async def client() -> None:
        nonlocal done
        while time.perf_counter() - began < window_s:
            await clearway.offload(compute, rounds, lane=lane)
            done += 1

    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    return done / (time.perf_counter() - began)


async def overhead_ms(lane: Lane, calls: int) -> float:
    """Median time of a call that does nothing, one after the other."""
    times = []
    for _ in range(calls):
        began = time.perf_counter()
        await clearway.offload(compute, 0, lane=lane)
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


async def measure(address: str, rounds: int, window_s: float) -> list[dict[str, Any]]:
    """One row for each length of call; the sides take turns, and each ratio is of neighbours."""
    rows = []
    async with lanes(address):
        for lane in ("process", "cluster"):
            await overhead_ms(lane, 20)  # warm up: a worker imports what it needs with its first call
        for seconds in CALLS_S:
            work = rounds_for(seconds)
            pairs = []
            for number in range(rounds):
                order: tuple[Lane, ...] = ("process", "cluster") if number % 2 else ("cluster", "process")
                pairs.append({lane: await rate(lane, work, window_s) for lane in order})
            rows.append(
                {
                    "call_ms": seconds * 1000,
                    "process_per_s": statistics.median(pair["process"] for pair in pairs),
                    "cluster_per_s": statistics.median(pair["cluster"] for pair in pairs),
                    "ratio": statistics.median(pair["cluster"] / pair["process"] for pair in pairs),
                }
            )
        rows.append({f"overhead_{lane}_ms": await overhead_ms(lane, 200) for lane in ("process", "cluster")})
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cluster", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="pairs of measurements for each length of call")
    parser.add_argument("--window", type=float, default=4.0, help="seconds of each")
    parser.add_argument("--local", action="store_true", help="an embedded cluster, its scheduler in the app's process")
    options = parser.parse_args()
    about = describe(quick=options.rounds < 5, noise=False)
    with contextlib.ExitStack() as stack:
        address = "local" if options.local else stack.enter_context(dask_processes(WORKERS)).address
        runner = stack.enter_context(asyncio.Runner(loop_factory=uvloop.new_event_loop))
        rows = runner.run(measure(address, options.rounds, options.window))
    for row in rows:
        print(json.dumps({key: round(value, 2) for key, value in row.items()}))
    print(json.dumps({key: about[key] for key in ("date", "python", "processors", "load_average", "commit")}))


if __name__ == "__main__":
    main()
