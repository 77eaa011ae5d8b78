"""Clients that ask a service, and a slow service that it can ask, in a process of their own.

They must not compute in the process that is diagnosed. Commands come as lines of JSON: `[port, [[path, clients,
pause_s], …]]` replaces the clients by these. The first line that goes out is the port of the slow service, whose
answers take as many milliseconds as their path says.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import sys
from types import TracebackType
from typing import Any


async def _client(port: int, path: str, pause_s: float) -> None:
    """Asks again and again on one connection, and on a new one where that has ended."""
    while True:
        with contextlib.suppress(OSError, EOFError, ValueError, asyncio.IncompleteReadError):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                while True:
                    writer.write(f"GET {path} HTTP/1.1\r\nHost: app\r\n\r\n".encode())
                    head = await reader.readuntil(b"\r\n\r\n")
                    length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
                    await reader.readexactly(length)
                    await asyncio.sleep(pause_s)
            finally:
                writer.close()
        await asyncio.sleep(0.05)


async def _slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError, EOFError, asyncio.IncompleteReadError):
        head = await reader.readuntil(b"\r\n\r\n")
        await asyncio.sleep(int(head.split()[1].strip(b"/")) / 1000)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
        await writer.drain()
    writer.close()


async def _main() -> None:
    server = await asyncio.start_server(_slow, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    loop = asyncio.get_running_loop()
    clients: list[asyncio.Task[None]] = []
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        port, load = json.loads(line)
        for client in clients:
            client.cancel()
        await asyncio.gather(*clients, return_exceptions=True)
        clients = [
            asyncio.create_task(_client(port, path, pause_s)) for path, count, pause_s in load for _ in range(count)
        ]
        print("ok", flush=True)


class World:
    """That process, from the outside."""

    def __enter__(self) -> World:
        command = [sys.executable, "-m", __name__]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.slow_url = f"http://127.0.0.1:{int(self._process.stdout.readline())}"
        return self

    def ask(self, port: int, load: Any) -> None:
        """Have these clients, and no others."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([port, load]) + "\n")
        self._process.stdin.flush()
        assert self._process.stdout.readline() == "ok\n"

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()


if __name__ == "__main__":
    asyncio.run(_main())
