"""Fixtures for the tests of the runtime."""

from __future__ import annotations

import gc
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import anyio.to_thread
import pytest

import clearway
from clearway.model import Plan
from clearway.settings import Settings
from tests.runtime.serving import AnyApp, Fit, Server

_RUN_SYNC = anyio.to_thread.run_sync
_SLEEP = time.sleep


@pytest.fixture(autouse=True)
def _nothing_stays() -> Iterator[None]:
    """Each test leaves AnyIO and the interpreter as it found them."""
    yield
    gc.collect(0)  # a limiter that a test made and dropped
    assert anyio.to_thread.run_sync is _RUN_SYNC
    assert sys.getswitchinterval() == 0.005
    assert time.sleep is _SLEEP


@pytest.fixture(params=["plain", "clearway"])
def fit(request: pytest.FixtureRequest) -> Iterator[Fit]:
    """`fit(app)` installs Clearway in one run of the test, and does nothing in the other."""
    fitted = Fit(request.param == "clearway")
    yield fitted
    fitted.undo()


@pytest.fixture
def install() -> Iterator[Callable[..., clearway.Runtime]]:
    """`install(app, threads=8)`: Clearway with these settings, uninstalled after the test."""
    runtimes: list[clearway.Runtime] = []

    def install_on(app: AnyApp, plan: Plan | None = None, **settings: Any) -> clearway.Runtime:
        runtime = clearway.install(app, settings=Settings(**settings), plan=plan)
        runtimes.append(runtime)
        return runtime

    yield install_on
    for runtime in runtimes:
        runtime.uninstall()


@pytest.fixture(params=["asyncio", "uvloop"])
def serve(request: pytest.FixtureRequest) -> Iterator[Callable[[AnyApp], Server]]:
    """`serve(app)`: a real server on asyncio's loop, and in a second run of the test on uvloop."""
    servers: list[Server] = []

    def start(app: AnyApp) -> Server:
        servers.append(Server(app, request.param))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


@pytest.fixture
def release() -> Iterator[threading.Event]:
    """What blocked calls of a test wait for; set at its end, whatever happens."""
    event = threading.Event()
    yield event
    event.set()
