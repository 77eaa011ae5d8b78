"""Streams of frames as a console holds them, and what comes of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from clearway.console.hub import Hub
from clearway.console.terminal.picture import Picture
from clearway.console.terminal.seen import Seen
from clearway.frames import Frame, Header
from tests.console.told import Told, Worker, loss

EVIL = "GET /\x1b[31m[red]a[/red]\u202e\r\n"
"""Escapes, markup, and what turns the direction of writing round."""
EVIL_SHOWN = "GET /\\x1b[31m[red]a[/red]\\u202e\\x0d\\x0a"


class Stream:
    """A hub, and every item and line that it was given."""

    def __init__(self) -> None:
        self.hub = Hub(Told())
        self.items: list[Header | Frame] = []
        self.lines: list[bytes] = []
        self.hub.listen(self._hear)

    def _hear(self, item: Header | Frame, line: bytes) -> None:
        self.items.append(item)
        self.lines.append(line)

    def worker(self, pid: int, **options: Any) -> Worker:
        return Worker(self.hub, pid, **options)

    def seen(self) -> Seen:
        seen = Seen()
        for item in self.items:
            seen.take(item)
        return seen

    def picture(self, worker: int | None = None, **options: Any) -> Picture:
        return Picture(self.seen(), worker, **options)

    def write(self, path: Path) -> Path:
        path.write_bytes(b"".join(line + b"\n" for line in self.lines))
        return path


def table(*routes: tuple[str, str]) -> dict[str, Any]:
    """A snapshot, as far as it is shown: (route, lane)."""
    rows = [{"route": route, "lane": lane, "why": "def", "call": "app:call"} for route, lane in routes]
    return {"routes": rows, "stalls": {"count": 0}, "losses": {"count": 0}}


def small() -> Stream:
    """Two routes, a second of requests, one stall, one loss, a diagnosis."""
    stream = Stream()
    worker = stream.worker(11)
    worker.tell(routes=["GET /a", "GET /bad"], table=table(("GET /a", "thread"), ("GET /bad", "loop")))
    for _ in range(5):
        worker.serve(4, latency_us=2000)
    worker.stall()
    worker.tell(losses=[loss()], doctor=DOCTOR)
    return stream


DOCTOR = {
    "problem": "blocking_call",
    "sentence": "GET /bad blocks the loop",
    "evidence": ["1 stall of 100 ms"],
    "next_step": "make it a def",
    "severity": "error",
}
