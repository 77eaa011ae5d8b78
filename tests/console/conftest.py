"""Consoles on free ports of the loopback, and how to ask them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, sync_playwright

from clearway.console.hub import Hub
from clearway.console.server import SNAPSHOT_PATH, ConsoleServer
from tests.console.told import Told
from tests.programs import program
from tests.served import PATIENCE_S

Start = Callable[..., ConsoleServer]


@pytest.fixture
def anyio_backend() -> str:
    """The console runs on asyncio."""
    return "asyncio"


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """`start(snapshot, host=…, token=…)`: a console that is stopped after the test. `hub=` brings one's own."""
    started: list[ConsoleServer] = []

    def start(
        snapshot: Callable[[], dict[str, Any]] = lambda: {"routes": []},
        host: str = "127.0.0.1",
        token: str | None = None,
        hub: Hub | None = None,
    ) -> ConsoleServer:
        console = ConsoleServer(hub or Hub(Told(snapshot)), host, 0, token, tmp_path / "web_assets")
        console.start()
        started.append(console)
        return console

    yield start
    for console in started:
        console.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for all tests of a module; no longer, because a loop of its own runs in this thread until it is closed."""
    path = program("chromium", "chromium-browser", package="chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def console() -> Iterator[ConsoleServer]:
    """One that tests only read: its snapshot has a route `inside`."""
    yield from _lasting(None)


@pytest.fixture(scope="session")
def locked() -> Iterator[ConsoleServer]:
    """The same behind the token `secret`."""
    yield from _lasting("secret")


def _lasting(token: str | None) -> Iterator[ConsoleServer]:
    console = ConsoleServer(Hub(Told(lambda: {"routes": ["inside"]})), "127.0.0.1", 0, token, Path("nowhere"))
    console.start()
    yield console
    console.stop()


def get(console: ConsoleServer, path: str = SNAPSHOT_PATH, method: str = "GET", **headers: str) -> httpx.Response:
    """Ask a console, as a browser without a page would."""
    with httpx.Client(verify=False, trust_env=False, timeout=PATIENCE_S) as client:
        return client.request(method, f"http://127.0.0.1:{console.port}{path}", headers=headers)
