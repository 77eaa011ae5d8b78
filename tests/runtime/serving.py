"""Apps under test: asked in-process, or served by a real server on a real loop."""

from __future__ import annotations

import asyncio
import re
import socket
import threading
import time
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import httpx
import uvicorn
from fastapi import FastAPI
from starlette.applications import Starlette

import clearway
from clearway.runtime.stalls import WATCHDOG
from clearway.settings import Settings
from tests.served import until as until

T = TypeVar("T")
AnyApp = FastAPI | Starlette

PATIENCE_S = 60.0
"""How long a test waits for something that has to happen."""


async def happens(happened: Callable[[], T | None], what: str = "") -> T:
    """`until` for the loop's thread."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if answer := happened():
            return answer
        await asyncio.sleep(0.002)
    raise AssertionError(f"not within {PATIENCE_S} s: {what or happened}")


class Ticks:
    """Counts the watchdog's looks at the limiter, so that a test can let some pass."""

    def __init__(self) -> None:
        self.seen = 0

    async def pass_by(self, count: int) -> None:
        """Come back after the limiter has been looked at `count` times more."""
        goal = self.seen + count
        WATCHDOG.add_tick(self._tick)
        try:
            await happens(lambda: self.seen >= goal, f"{count} ticks")
        finally:
            WATCHDOG.remove_tick(self._tick)

    def _tick(self, now_ns: int) -> None:
        self.seen += 1


def here() -> str:
    """Where this code runs: `loop`, or the name of its thread."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return threading.current_thread().name
    return "loop"


class Fit:
    """Fits an app with Clearway, or leaves it plain: one test, both ways."""

    def __init__(self, with_clearway: bool) -> None:
        self.with_clearway = with_clearway
        self.thread = "clearway thread lane" if with_clearway else "AnyIO worker thread"
        """The name of the threads that run sync calls."""
        self.runtimes: list[clearway.Runtime] = []

    def __call__(self, app: AnyApp, **settings: Any) -> clearway.Runtime | None:
        if not self.with_clearway:
            return None
        runtime = clearway.install(app, settings=Settings(**settings))
        self.runtimes.append(runtime)
        return runtime

    def planned(self, lane: str) -> str:
        """Where a sync call runs that Clearway has in `lane`; plain FastAPI has it in a thread."""
        return "loop" if self.with_clearway and lane == "loop" else self.thread

    def undo(self) -> None:
        faults = sum(runtime.faults for runtime in self.runtimes)
        for runtime in self.runtimes:
            runtime.uninstall()
        assert faults == 0, "Clearway itself failed during the test"


def client_of(app: AnyApp) -> httpx.AsyncClient:
    """A client that calls the app on the running loop, without a socket."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://app", timeout=PATIENCE_S)


def ask(app: AnyApp, path: str, method: str = "GET", **options: Any) -> httpx.Response:
    """One request, on a loop of its own."""

    async def ask_once() -> httpx.Response:
        async with client_of(app) as client:
            return await client.request(method, path, **options)

    return asyncio.run(ask_once())


def calls_of(runtime: clearway.Runtime) -> set[tuple[str, str, str]]:
    """(name, kind, lane) of each call that the recorder holds; the name is the last part of the call's id."""
    return {
        (re.split("[.:]", event.call)[-1], str(event.kind), str(event.lane))
        for event in runtime.recorder.events()
        if event.call is not None and event.kind is not None
    }


def route_in(runtime: clearway.Runtime, name: str) -> dict[str, Any]:
    """One route's row of the snapshot."""
    rows: list[dict[str, Any]] = runtime.snapshot()["routes"]
    return next(row for row in rows if row["route"] == name)


class _Uvicorn(uvicorn.Server):
    """Stops at once when told to, not at its next look."""

    async def main_loop(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.stopped = asyncio.Event()
        await self.on_tick(0)
        self.serving.set()
        await self.stopped.wait()

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.serving = threading.Event()


class Server:
    """uvicorn in a thread, on a free port of the loopback."""

    def __init__(self, app: AnyApp, loop: str) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        config = uvicorn.Config(app, loop=loop, log_level="critical", timeout_graceful_shutdown=5)
        self._server = _Uvicorn(config)
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), name="server")
        self._thread.start()
        assert self._server.serving.wait(PATIENCE_S)
        self._client = httpx.Client(base_url=self.url, timeout=PATIENCE_S, verify=False, trust_env=False)

    def ask(self, path: str, method: str = "GET", **options: Any) -> httpx.Response:
        return self._client.request(method, path, **options)

    def async_client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            base_url=self.url,
            timeout=PATIENCE_S,
            verify=False,
            trust_env=False,
            limits=httpx.Limits(max_connections=None),
        )

    def connect(self) -> socket.socket:
        """A bare connection, for a client that behaves badly."""
        connection = socket.create_connection(("127.0.0.1", self.port))
        connection.settimeout(PATIENCE_S)
        return connection

    def on_loop(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the server's loop and wait for it."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._server.loop).result(PATIENCE_S)

    def stop(self) -> None:
        if not self._thread.is_alive():
            return
        self._client.close()
        self._server.loop.call_soon_threadsafe(self._server.stopped.set)
        self._thread.join(PATIENCE_S)
        self._socket.close()
        assert not self._thread.is_alive()
