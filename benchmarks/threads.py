"""What the default of `--threads` was chosen by: a `def` sleeping 100 ms under 1,000 connections, and memory.

`python -m benchmarks.threads` measures one server after the other and prints a table.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks import machine, wrk
from benchmarks.latency import median
from benchmarks.servers import Server, ServerError

CANDIDATES = (40, 128, 256, 512, 1024)
TARGET = "/def-100ms/"
BESIDE = "/async-100ms/"
CONNECTIONS = 1000
DRAIN_TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True)
class Choice:
    """What one bound gives. `beside` is `async def` sleeping 100 ms in the same server."""

    threads: int
    requests_per_s: float
    p99_s: float
    timeouts: int
    beside_per_s: float
    idle_kib: int
    busy_kib: int
    process_threads: int


def measure(threads: int, rounds: int, seconds: int) -> Choice:
    """One server with this bound, in turn with the async endpoint that needs no thread."""
    with Server("clearway", extra=("--threads", str(threads))) as server:
        server.wait_until_ready()
        _load(server, BESIDE, seconds)  # the connections' own memory is not the threads'
        idle_kib = server.memory_kib()
        _load(server, TARGET, seconds)
        loads, beside = [], []
        for _ in range(rounds):
            loads.append(_load(server, TARGET, seconds))
            beside.append(_load(server, BESIDE, seconds))
        return Choice(
            threads=threads,
            requests_per_s=median([load.requests_per_s for load in loads]),
            p99_s=median([load.p99_s for load in loads]),
            timeouts=sum(load.timeouts for load in loads),
            beside_per_s=median([load.requests_per_s for load in beside]),
            idle_kib=idle_kib,
            busy_kib=server.memory_kib(),
            process_threads=server.threads(),
        )


def _load(server: Server, target: str, seconds: int) -> wrk.Load:
    load = wrk.run(server.url(target), CONNECTIONS, seconds)
    server.get(target, timeout_s=DRAIN_TIMEOUT_S)
    return load


def line(choice: Choice) -> str:
    part = choice.requests_per_s / choice.beside_per_s if choice.beside_per_s else 0.0
    return (
        f"{choice.threads:>7}  {choice.requests_per_s:>8,.0f}/s  {part:>8.2f}  {choice.p99_s * 1000:>7.0f} ms"
        f"  {choice.timeouts:>8}  {choice.process_threads:>7}"
        f"  {choice.idle_kib / 1024:>7.0f} MiB  {choice.busy_kib / 1024:>4.0f} MiB"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.threads", description=__doc__)
    parser.add_argument("--threads", type=int, nargs="+", default=list(CANDIDATES), metavar="N")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args(arguments)
    about = machine.describe(quick=False, noise=False)
    print("threads      requests  of async        p99   timeouts  running  idle memory   after")
    choices = []
    try:
        for threads in options.threads:
            choices.append(measure(threads, options.rounds, options.seconds))
            print(line(choices[-1]), flush=True)
    except (ServerError, wrk.WrkError, OSError) as error:
        print(f"benchmarks.threads: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 2
    if options.json is not None:
        data = {
            "schema": "clearway.benchmarks.threads/1",
            "meta": about,
            "choices": [asdict(c) for c in choices],
        }
        options.json.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
