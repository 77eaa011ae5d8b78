"""What goes wrong during a soak, by the clock: workers killed, the upstream and the scheduler away for a while."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
from typing import TYPE_CHECKING

from benchmarks.soak.watch import snapshot_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.soak.ledger import Ledger
    from benchmarks.soak.parts import Part

AWAY_S = 1.0


async def make_faults(
    snapshot_url: str,
    upstream: Part,
    scheduler: Part,
    cluster_workers: Sequence[Part],
    ledger: Ledger,
    until: float,
    every_s: float,
) -> None:
    """One fault after the other, each kind in turn, until the loop's clock says so.

    Dask's workers end with their scheduler; they are started again, as whatever supervises them would.
    """
    loop = asyncio.get_running_loop()
    chance = random.Random(20261122)
    kinds = ["worker killed", "upstream away", "worker killed", "scheduler restarted"]
    number = 0
    # The last fault is over before the clients stop, so that what comes after it is seen, too.
    while loop.time() + every_s + 3 * AWAY_S < until:
        await asyncio.sleep(every_s)
        kind = kinds[number % len(kinds)]
        number += 1
        if kind == "worker killed":
            with contextlib.suppress(OSError, ProcessLookupError):
                pids = (await snapshot_of(snapshot_url))["processes"]["pids"]
                if pids:
                    ledger.faults[kind] += 1
                    os.kill(chance.choice(pids), signal.SIGKILL)
        else:
            part = upstream if kind == "upstream away" else scheduler
            ledger.faults[kind] += 1
            await asyncio.to_thread(part.stop)
            await asyncio.sleep(AWAY_S)
            await asyncio.to_thread(part.start)
            for worker in cluster_workers if part is scheduler else ():
                await asyncio.to_thread(worker.stop)
                await asyncio.to_thread(worker.start)
