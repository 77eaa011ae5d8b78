"""10,000 requests in flight on one thread, and the memory that each takes."""

from __future__ import annotations

import json
import resource
import threading
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks import burst
from benchmarks.effort import Effort
from benchmarks.result import Figure, Outcome, Row, Target, lower_is_better
from benchmarks.servers import Server, both

SPARE_FILES = 500
WARM_UP = 200
ANSWER_S = 40.0
"""The last answer may come so much later than the sleep alone would let it."""


@dataclass(frozen=True, slots=True)
class Held:
    """What one server did with the connections."""

    burst: burst.Burst
    peak_in_flight: int
    threads: int
    """How many threads ran the endpoint."""
    process_threads: int
    """How many threads the server's process had at the end."""
    idle_kib: int
    peak_kib: int

    @property
    def per_connection(self) -> Figure:
        return Figure((self.peak_kib - self.idle_kib) * 1.024 / self.burst.asked, "kB")


@dataclass(frozen=True, slots=True)
class Connections:
    """The case."""

    name: str
    count: int

    def run(self, effort: Effort) -> Outcome:
        count = min(self.count, _files() - SPARE_FILES)
        with both(effort.opponent) as servers:
            plain = hold(servers["plain"], count, effort.held_s)
            clearway = hold(servers["clearway"], count, effort.held_s)
        less = f"; only {count:,}: the limit of open files allows no more" if count < self.count else ""
        errors = Row(
            title=f"{count:,} requests in flight on one thread, errors",
            clearway=Figure(clearway.burst.errors + _missing(clearway), "errors"),
            base=Figure(plain.burst.errors + _missing(plain), "errors"),
            target=Target("at most", 0),
            note=f"at once in flight: {clearway.peak_in_flight:,}, on {clearway.threads} thread{less}",
        )
        memory = Row(
            title="… memory per connection",
            clearway=clearway.per_connection,
            base=plain.per_connection,
            ratio=lower_is_better(plain.per_connection, clearway.per_connection),
            bar=f"memory, {count:,} requests in flight",
        )
        measurements: tuple[dict[str, Any], ...] = (
            {"server": "plain", **asdict(plain)},
            {"server": "clearway", **asdict(clearway)},
        )
        return Outcome(self.name, (errors, memory), measurements)


def hold(server: Server, count: int, seconds: float) -> Held:
    """Send `count` requests that take so long, and watch the server's memory until the last is answered."""
    burst.run(server.url("/slow/?seconds=0.1"), WARM_UP, ANSWER_S)
    idle_kib = peak_kib = server.memory_kib()
    process = burst.start(server.url(f"/slow/?seconds={seconds}"), count, seconds + ANSWER_S)
    pause = threading.Event()
    try:
        while process.poll() is None:
            peak_kib = max(peak_kib, server.memory_kib())
            pause.wait(0.1)
    finally:
        seen = burst.finish(process, timeout_s=1.0)
    state = json.loads(server.get("/in-flight/", timeout_s=10.0))
    return Held(seen, state["peak"], state["threads"], server.threads(), idle_kib, peak_kib)


def _missing(held: Held) -> int:
    """Requests that were not in flight together with the others, although all were answered."""
    return max(0, held.burst.asked - held.peak_in_flight) + (held.threads - 1)


def _files() -> int:
    """The limit of open files, raised as far as this user may. Child processes inherit it."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard if hard != resource.RLIM_INFINITY else 1 << 30


CASES = (Connections(name="connections", count=10_000),)
