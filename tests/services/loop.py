"""Servers that live in a thread of the test process, on a loop of their own, and count what they hold."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import threading
import time
from collections.abc import Coroutine, Iterator
from typing import Any, Self

PATIENCE_S = 30.0


class LoopServer:
    """A TCP server on a free port of the loopback. What is asked of it can be made to wait for the test."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="service", daemon=True)
        self._thread.start()
        self._tasks: set[asyncio.Task[None]] = set()
        self._gate = asyncio.Event()
        self.in_flight = 0
        self.peak = 0
        self.answered = 0
        server = self._on_loop(asyncio.start_server(self._connected, "127.0.0.1", 0, ssl=tls, backlog=1024))
        self._server: asyncio.Server = server
        self.port: int = server.sockets[0].getsockname()[1]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        raise NotImplementedError

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
                await self.serve(reader, writer)
        except asyncio.CancelledError:
            pass  # the session ends
        finally:
            self._tasks.discard(task)
            writer.close()

    @contextlib.contextmanager
    def counted(self) -> Iterator[None]:
        """Around what is in flight."""
        self.in_flight += 1
        self.peak = max(self.peak, self.in_flight)
        try:
            yield
        finally:
            self.in_flight -= 1
            self.answered += 1

    async def gate(self) -> None:
        """Wait until the test says `release`."""
        await self._gate.wait()

    def holds(self, count: int) -> bool:
        """Whether so many wait at the gate at once; asked again and again, from a test's thread, until it is so."""
        return self.in_flight >= count

    def release(self) -> None:
        """Let everything go that waits at the gate, and what comes later."""
        self._loop.call_soon_threadsafe(self._gate.set)

    def fresh(self) -> Iterator[Self]:
        """For one test: counters at zero, the gate closed, and open again at the end."""
        self._loop.call_soon_threadsafe(self._gate.clear)
        self.peak = self.answered = 0
        yield self
        self.release()
        deadline = time.monotonic() + PATIENCE_S
        while self.in_flight and time.monotonic() < deadline:
            time.sleep(0.002)

    def _on_loop(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(PATIENCE_S)

    async def _close(self) -> None:
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._on_loop(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE_S)
        self._loop.close()
