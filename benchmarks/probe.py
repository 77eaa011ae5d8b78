"""Asks one address at a steady rate and times every answer from the moment its request was *due*.

The load is open: a slow answer does not delay the next request, so a stall of the server is seen by every
request that falls into it. Runs as a process of its own: `python -m benchmarks.probe URL`.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import subprocess
import sys
from dataclasses import asdict, dataclass

from benchmarks.client import Address, Connection
from benchmarks.latency import percentile


@dataclass(frozen=True, slots=True)
class Probe:
    """What the probe saw. A request without an answer counts with the time it had waited by then."""

    asked: int
    unanswered: int
    errors: int
    p50_s: float
    p99_s: float
    max_s: float


class Prober:
    """Keeps idle connections for reuse and opens another one where none is idle."""

    def __init__(self, url: str) -> None:
        self._address = Address.of(url)
        self._request = self._address.request
        self._idle: list[Connection] = []
        self.waits_s: list[float] = []
        self.errors = 0

    async def ask(self, due: float) -> None:
        """One request that was due at `due` on the loop's clock."""
        loop = asyncio.get_running_loop()
        connection: Connection | None = None
        answered = False
        try:
            connection = await self._take()
            answered = await connection.ask(self._request) == 200
        except OSError:
            pass
        finally:
            self.waits_s.append(loop.time() - due)
            if connection is not None and answered:
                self._idle.append(connection)
            elif connection is not None:
                connection.close()
        self.errors += not answered

    async def _take(self) -> Connection:
        while self._idle:
            connection = self._idle.pop()
            if connection.usable:
                return connection
        return await Connection.open(self._address)

    async def measure(self, rate: float, seconds: float, grace_s: float) -> Probe:
        """Ask `rate` times a second for so long, then wait at most `grace_s` for missing answers."""
        loop = asyncio.get_running_loop()
        start = loop.time() + 0.1
        pending: set[asyncio.Task[None]] = set()
        for number in range(round(rate * seconds)):
            due = start + number / rate
            await asyncio.sleep(max(0.0, due - loop.time()))
            task = loop.create_task(self.ask(due))
            pending.add(task)
            task.add_done_callback(pending.discard)
        late = (await asyncio.wait(pending, timeout=grace_s))[1] if pending else set()
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        for connection in self._idle:
            connection.close()
        return Probe(
            asked=len(self.waits_s),
            unanswered=len(late),
            errors=self.errors,
            p50_s=percentile(self.waits_s, 50),
            p99_s=percentile(self.waits_s, 99),
            max_s=max(self.waits_s),
        )


def run(url: str, rate: float, seconds: float, grace_s: float = 2.0) -> Probe:
    """Probe the address from a process of its own."""
    arguments = [url, "--rate", str(rate), "--seconds", str(seconds), "--grace", str(grace_s)]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.probe", *arguments],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=seconds + grace_s + 15,
    )
    return Probe(**json.loads(done.stdout))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.probe", description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--rate", type=float, default=60.0, help="requests a second")
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--grace", type=float, default=2.0, help="seconds to wait for missing answers")
    options = parser.parse_args()
    gc.disable()
    probe = asyncio.run(Prober(options.url).measure(options.rate, options.seconds, options.grace))
    print(json.dumps(asdict(probe)))


if __name__ == "__main__":
    main()
