"""What containment costs a request that does not block: one server that switches it on and off, under one load."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import sys
import time
from dataclasses import dataclass

from benchmarks import wrk
from benchmarks.effort import Effort
from benchmarks.latency import median, pairwise_ratios, percentile
from benchmarks.result import Figure, Outcome, Row, Target
from benchmarks.servers import HOST, ROOT, START_TIMEOUT_S, ServerError, free_port

CONNECTIONS = 100
PAIRS_A_ROUND = 10
LONGEST_S = 300


@dataclass(frozen=True, slots=True)
class Toggled:
    """Judged by requests for each second of processor time, in the quiet slices."""

    name: str
    at_least: float

    def run(self, effort: Effort) -> Outcome:
        rows: list[Row] = []
        found: list[dict[str, object]] = []
        for loop in ("uvloop", "asyncio"):
            slices = _measure(loop, effort.rounds * PAIRS_A_ROUND)
            rates = {side: [requests / cpu_s for requests, cpu_s in taken] for side, taken in slices.items()}
            rows.append(self._row(loop, rates["off"], rates["on"]))
            found.append({"loop": loop, "slices": slices})
        return Outcome(self.name, tuple(rows), tuple(found))

    def _row(self, loop: str, off: list[float], on: list[float]) -> Row:
        costs = ", ".join(f"{side} {1e6 / _quiet(rates):.0f} µs" for side, rates in (("off", off), ("on", on)))
        noise = _quiet(off[::2]) / _quiet(off[1::2])
        return Row(
            title=f"trivial async def with --contain, on {loop}",
            clearway=Figure(_quiet(on), "/s"),
            base=Figure(_quiet(off), "/s"),
            ratio=_quiet(on) / _quiet(off),
            target=Target("times", self.at_least),
            beside="the same process without it",
            note=(
                f"{loop}, for each second of processor time; a request costs {costs}; median of neighbouring slices "
                f"{median(pairwise_ratios(on, off)):.2f} ×; off beside off, every other slice, {noise:.2f} ×"
            ),
        )


def _quiet(rates: list[float]) -> float:
    """The rate that a tenth of the slices reach: what else the machine does only ever makes a request dearer."""
    return percentile(rates, 90)


def _measure(loop: str, pairs: int) -> dict[str, list[tuple[int, float]]]:
    """For `off` and `on`: (requests, processor time) of each slice. Raises ServerError."""
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.toggled", str(port), "--loop", loop, "--pairs", str(pairs)]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    load = None
    try:
        _wait_until_ready(server, port)
        load = wrk.start(f"http://{HOST}:{port}/async/", CONNECTIONS, LONGEST_S)
        said, _ = server.communicate(timeout=LONGEST_S)
        slices: dict[str, list[tuple[int, float]]] = json.loads(said)
    except (subprocess.TimeoutExpired, json.JSONDecodeError) as error:
        raise ServerError(f"{' '.join(command)} measured nothing: {error}") from error
    finally:
        for process in (load, server):
            if process is not None and process.poll() is None:
                process.kill()
                process.wait()
    if any(not requests for taken in slices.values() for requests, _ in taken):
        raise ServerError("there was a slice without a request")
    return slices


def _wait_until_ready(server: subprocess.Popen[str], port: int) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline and server.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection((HOST, port), timeout=1.0):
            return
        time.sleep(0.05)
    raise ServerError(f"benchmarks.toggled does not listen on port {port}")


CASES = (Toggled(name="contain-trivial", at_least=0.97),)
