"""Runs the soak and says whether it was passed: exit code 0 or 1."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.servers import Server
from benchmarks.soak import parts
from benchmarks.soak.faults import make_faults
from benchmarks.soak.ledger import Ledger
from benchmarks.soak.load import CLIENTS, keep_asking
from benchmarks.soak.service import CONTAINED
from benchmarks.soak.watch import Watch, snapshot_of
from benchmarks.work import rounds_for
from clearway.console.server import SNAPSHOT_PATH

if TYPE_CHECKING:
    from collections.abc import Sequence

COMPUTE_S = 0.03
SAMPLE_S = 1.0
FAULTS = 40
"""About so many in a run of any length, but none sooner than the last has been dealt with."""
LEAST_BETWEEN_S = 4.0
EVENTS = 4096
"""So few that the ring of events is full while the service gets warm: what is looked for comes after."""


async def soak(
    server: Server, upstream: parts.Part, scheduler: parts.Part, workers: Sequence[parts.Part], seconds: float
) -> tuple[Ledger, Watch]:
    """Load the service and make faults for so long."""
    ledger, watch = Ledger(), Watch()
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    snapshot_url = f"http://127.0.0.1:{server.console_port}{SNAPSHOT_PATH}"
    async with asyncio.TaskGroup() as tasks:
        for seed, route in enumerate(route for route, count in CLIENTS.items() for _ in range(count)):
            tasks.create_task(keep_asking(server.url(""), route, ledger, until, seed))
        every_s = max(LEAST_BETWEEN_S, seconds / FAULTS)
        tasks.create_task(make_faults(snapshot_url, upstream, scheduler, workers, ledger, until, every_s))
        while loop.time() < until:
            await asyncio.sleep(SAMPLE_S)
            with contextlib.suppress(OSError):
                watch.sample(server, await snapshot_of(snapshot_url))
    watch.sample(server, await snapshot_of(snapshot_url))
    return ledger, watch


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--seconds", type=float, default=1800.0, help="how long (default: half an hour)")
    seconds = parser.parse_args().seconds
    with contextlib.ExitStack() as stack:
        upstream, scheduler = parts.upstream(), parts.scheduler()
        address = f"tcp://127.0.0.1:{scheduler.port}"
        workers = [parts.worker(address) for _ in range(2)]
        for part in (upstream, scheduler, *workers):
            stack.callback(part.stop)
            part.start()
        os.environ["SOAK_UPSTREAM"] = f"http://127.0.0.1:{upstream.port}/"
        os.environ["SOAK_ROUNDS"] = str(rounds_for(COMPUTE_S))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        settings = folder / "clearway.toml"
        settings.write_text(
            f"contain = {list(CONTAINED)!r}\nprocesses = 2\nmax_wait = 20\nevents = {EVENTS}\ncluster = {address!r}\n"
        )
        extra = ["--settings", str(settings)]
        server = stack.enter_context(Server("clearway", extra, app="benchmarks.soak.service:app"))
        server.wait_until_ready("/trivial")
        ledger, watch = asyncio.run(soak(server, upstream, scheduler, workers, seconds))
        said = server.last_words()
    print(f"{seconds:g} s of mixed load with faults", *ledger.lines(), *watch.lines(), sep="\n")
    problems = [*ledger.problems(), *watch.problems()]
    for problem in problems:
        print(f"PROBLEM: {problem}")
    if problems:
        print(f"The service said:\n{said}")
    print("failed" if problems else "passed: every response accounted for, nothing grew, no contained call stalled")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
