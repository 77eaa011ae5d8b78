"""What watching a loop costs: processor time at rest, and turns a second of a busy loop.

`python benchmarks/watchdog.py` prints a line a loop. On and off take turns, because the machine changes.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from statistics import median
from typing import Any

import uvloop

from clearway.runtime.stalls import WATCHDOG, LoopWatch

ROUNDS = 9
REST_S = 1.0
BUSY_S = 0.4


def watch(on: bool) -> LoopWatch | None:
    if not on:
        return None
    return WATCHDOG.watch(asyncio.get_running_loop(), threshold_s=0.02, on_stall=lambda stall: None)


async def rest(on: bool) -> float:
    """Processor time a second of a loop with nothing to do."""
    watched = watch(on)
    await asyncio.sleep(0.05)
    started, cpu = time.perf_counter(), time.process_time()
    await asyncio.sleep(REST_S)
    used = (time.process_time() - cpu) / (time.perf_counter() - started)
    if watched is not None:
        watched.stop()
    return used


async def busy(on: bool) -> float:
    """Echoes a second of processor time, over 20 local connections that never pause."""
    watched = watch(on)
    echoes = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            writer.write(line)
        writer.close()

    async def ask(deadline: float) -> None:
        nonlocal echoes
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while time.perf_counter() < deadline:
            writer.write(b"GET / HTTP/1.1\n")
            await reader.readline()
            echoes += 1
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        cpu = time.process_time()
        await asyncio.gather(*(ask(time.perf_counter() + BUSY_S) for _ in range(20)))
        rate = echoes / (time.process_time() - cpu)
    if watched is not None:
        watched.stop()
    return rate


def main() -> None:
    runs: dict[str, Callable[[Coroutine[Any, Any, float]], float]] = {
        "asyncio": asyncio.run,
        "uvloop": uvloop.run,
    }
    for name, run in runs.items():
        idle = [(run(rest(False)), run(rest(True))) for _ in range(3)]
        load = [(run(busy(False)), run(busy(True))) for _ in range(ROUNDS)]
        extra = median(on - off for off, on in idle)
        kept = median(on / off for off, on in load)
        rate = median(off for off, _ in load)
        print(f"{name}: at rest {extra:.2%} of a core; busy {kept:.3f} of {rate:,.0f} echoes a CPU second")


if __name__ == "__main__":
    main()
