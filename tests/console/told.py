"""Headers and frames as workers tell them, for tests of who reads them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from clearway.console.hub import Hub
from clearway.frames import Counts, Frame, Header, bucket_of, read_line

ORIGIN = 1_800_000_000.0


class Told:
    """A source that tells nothing by itself."""

    def __init__(self, snapshot: Callable[[], dict[str, Any]] = lambda: {"routes": []}) -> None:
        self._snapshot = snapshot

    async def run(self, hub: Hub) -> None:
        """Nothing comes."""

    def snapshot(self, hub: Hub, worker: int | None) -> dict[str, Any]:
        return self._snapshot()


class Worker:
    """Tells a hub what a worker would."""

    def __init__(self, hub: Hub, pid: int, origin: float = ORIGIN) -> None:
        self.hub = hub
        self.pid = pid
        self.at_us = 0
        hub.take(Header(pid, origin, "app", {}, 20.0))

    def tell(self, **fields: Any) -> Frame:
        """The next frame, 200 ms later."""
        self.at_us += 200_000
        frame = Frame(self.pid, self.at_us, **fields)
        self.hub.take(frame)
        return frame

    def serve(self, count: int, route: int = 0, latency_us: int = 1000) -> Frame:
        """Requests that were served."""
        told = Counts(route, count, latency_us, count * latency_us, 0, [(bucket_of(latency_us), count)])
        return self.tell(counts=[told])

    def stall(self, line: int = 7, file: str = "/app/main.py") -> Frame:
        return self.tell(stalls=[stall(line, file, self.at_us / 1e6)])


def stall(line: int = 7, file: str = "/app/main.py", started_s: float = 0.0) -> dict[str, Any]:
    """A stall as frames carry it."""
    culprit = {"file": file, "line": line, "function": "bad"}
    return {
        "started_s": started_s,
        "duration_s": 0.1,
        "cause": "blocking_call",
        "route": "GET /bad",
        "call": "app:bad",
        "culprit": culprit,
        "operation": "time.sleep",
        "stack": [culprit],
        "request": 1,
        "victims": [],
        "victim_count": 0,
    }


def loss(**fields: Any) -> dict[str, Any]:
    """A lost call as frames carry it."""
    return {
        "at_s": 0.5,
        "lane": "process",
        "route": "GET /a",
        "call": "app:a",
        "request": 3,
        "reason": "worker 7 was killed by signal SIGSEGV",
        **fields,
    }


def read(lines: bytes) -> list[Header | Frame]:
    """The items of some lines, each of which has to be whole."""
    assert not lines or lines.endswith(b"\n")
    return [read_line(line) for line in lines.splitlines()]
