"""Sends many requests at once, each on a connection of its own that is open before the first is sent.

Runs as a process of its own: `python -m benchmarks.burst URL`.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import subprocess
import sys
import time
from dataclasses import asdict, dataclass

import uvloop

from benchmarks.client import Address, Connection

OPENING_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Burst:
    """`wall_s` reaches from the first request to the last answer, or to the timeout."""

    asked: int
    answered: int
    """Answers with status 200."""
    failed: int
    """Other answers, and connections that broke."""
    unanswered: int
    wall_s: float

    @property
    def errors(self) -> int:
        return self.asked - self.answered


async def measure(url: str, count: int, timeout_s: float) -> Burst:
    """Open `count` connections, ask on all of them at once, and wait at most `timeout_s`."""
    address = Address.of(url)
    connections = await _open(address, count)
    started = time.perf_counter()
    tasks = [asyncio.create_task(connection.ask(address.request)) for connection in connections]
    done, late = await asyncio.wait(tasks, timeout=timeout_s)
    wall_s = time.perf_counter() - started
    for task in late:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    answered = sum(task.exception() is None and task.result() == 200 for task in done)
    for connection in connections:
        connection.close()
    missing = count - len(connections)
    return Burst(count, answered, len(done) - answered + missing, len(late), wall_s)


async def _open(address: Address, count: int) -> list[Connection]:
    """As many of `count` connections as the server takes, a few hundred at a time."""
    connections: list[Connection] = []
    for first in range(0, count, OPENING_AT_ONCE):
        batch = min(OPENING_AT_ONCE, count - first)
        opened = await asyncio.gather(*(Connection.open(address) for _ in range(batch)), return_exceptions=True)
        connections += [connection for connection in opened if isinstance(connection, Connection)]
    return connections


def start(url: str, count: int, timeout_s: float) -> subprocess.Popen[str]:
    """The burst in the background; give the process to `finish`."""
    arguments = [url, "--count", str(count), "--timeout", str(timeout_s)]
    return subprocess.Popen([sys.executable, "-m", "benchmarks.burst", *arguments], stdout=subprocess.PIPE, text=True)


def finish(process: subprocess.Popen[str], timeout_s: float) -> Burst:
    """Wait for the burst. Raises TimeoutExpired when it does not end in time."""
    try:
        output, _ = process.communicate(timeout=timeout_s)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    if process.returncode != 0:
        raise subprocess.CalledProcessError(process.returncode, process.args)
    return Burst(**json.loads(output))


def run(url: str, count: int, timeout_s: float) -> Burst:
    """Send the burst from a process of its own and wait for its end."""
    return finish(start(url, count, timeout_s), timeout_s=timeout_s + 30)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.burst", description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--count", type=int, default=60, help="requests at once")
    parser.add_argument("--timeout", type=float, default=20.0, help="seconds to wait for the last answer")
    options = parser.parse_args()
    gc.disable()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        burst = runner.run(measure(options.url, options.count, options.timeout))
    print(json.dumps(asdict(burst)))


if __name__ == "__main__":
    main()
