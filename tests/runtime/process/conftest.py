"""The service of these tests, as `clearway run` serves it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.runtime.serving import AnyApp, Server
from tests.served import Served

SERVICE = Path(__file__).with_name("service.py")


@pytest.fixture(scope="module")
def service_of(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Served]]:
    """`service_of("--processes", "1")`: the service, served in a process of its own."""
    running: list[Served] = []

    def start(*arguments: str) -> Served:
        ports = ["--port", "0", "--console", "127.0.0.1:0", "--no-access-log"]
        served = Served([str(SERVICE), *ports, *arguments], tmp_path_factory.mktemp("service"))
        running.append(served)
        return served

    yield start
    for served in running:
        served.kill()


@pytest.fixture
def serve(request: pytest.FixtureRequest) -> Iterator[Callable[[AnyApp], Server]]:
    """`serve(app)`: a real server in this process, on asyncio's loop where the test does not say otherwise."""
    servers: list[Server] = []

    def start(app: AnyApp) -> Server:
        servers.append(Server(app, getattr(request, "param", "asyncio")))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


def processes_of(served: Served) -> dict[str, Any]:
    """The process lane's part of the snapshot."""
    shown: dict[str, Any] = snapshot_of(served)["processes"]
    return shown


def snapshot_of(served: Served) -> dict[str, Any]:
    return served.snapshot()


def is_alive(pid: int) -> bool:
    """Whether there is such a process, zombies not counted."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"
