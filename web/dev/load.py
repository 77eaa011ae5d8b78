"""So many requests a second for the lesson's app, and now and then one that stops it.

python web/dev/load.py PORT RATE SECONDS-BETWEEN-STALLS
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import sys

CONNECTIONS = 400
MIX = [
    *["/async/"] * 40,
    *["/sync/"] * 15,
    *["/slow/"] * 15,
    *[f"/items/{number}" for number in range(1, 6)] * 3,
    *["/upstream/"] * 6,
    *["/pinned/"] * 10,
    "/report/900",
    "/good/",
    "/countdown/",
    "/items/99",
    "/nothing/",
]


class Connections:
    """Those that are open and idle."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        self.open = 0

    async def ask(self, path: str) -> None:
        if not self.idle and self.open >= CONNECTIONS:
            return  # an app that stands still gets no endless queue
        try:
            if self.idle:
                reader, writer = self.idle.pop()
            else:
                self.open += 1
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            writer.write(f"GET {path} HTTP/1.1\r\nHost: lesson\r\n\r\n".encode())
            await self._answer(reader)
            self.idle.append((reader, writer))
        except (OSError, asyncio.IncompleteReadError):
            self.open -= 1

    @staticmethod
    async def _answer(reader: asyncio.StreamReader) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        if b"transfer-encoding" in head:
            while (await reader.readuntil(b"\r\n")) != b"0\r\n":
                await reader.readuntil(b"\r\n")
            await reader.readuntil(b"\r\n")
        else:
            await reader.readexactly(int(head.split(b"content-length: ")[1].split(b"\r\n")[0]))


async def main(port: int, rate: float, stalls_s: float) -> None:
    connections, running = Connections(port), set[asyncio.Task[None]]()

    def start(path: str) -> None:
        task = asyncio.create_task(connections.ask(path))
        running.add(task)
        task.add_done_callback(running.discard)

    loop = asyncio.get_running_loop()
    begun, sent, stalled = loop.time(), 0, 0
    while True:
        await asyncio.sleep(0.005)
        for _ in range(int((loop.time() - begun) * rate) - sent):
            sent += 1
            start(random.choice(MIX))
        if stalls_s and (loop.time() - begun) > (stalled + 1) * stalls_s:
            stalled += 1
            start("/bad/")


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main(int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])))
