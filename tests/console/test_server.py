"""The console's port: what it answers, to whom, and that nothing of the app's can silence it."""

from __future__ import annotations

import socket
import time
from typing import Any

import httpx
import pytest

from clearway.console.hub import Hub
from clearway.console.server import MOST_CONNECTIONS, SNAPSHOT_PATH, ConsoleServer, PortTaken
from clearway.model import ClearwayError
from tests.console.conftest import Start, get
from tests.console.told import Told
from tests.served import until


def test_snapshot_is_json_that_nobody_keeps(start: Start) -> None:
    response = get(start(lambda: {"routes": [1, 2]}))
    assert response.json()["routes"] == [1, 2]
    assert response.json()["console"]["viewers"] == 0
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert "server" not in response.headers
    assert "access-control-allow-origin" not in response.headers


def test_every_request_takes_a_new_snapshot(start: Start) -> None:
    numbers = iter(range(10))
    console = start(lambda: {"number": next(numbers)})
    assert [get(console).json()["number"] for _ in range(3)] == [0, 1, 2]


def test_answers_while_this_thread_is_busy(start: Start) -> None:
    console = start()
    with socket.create_connection(("127.0.0.1", console.port)) as asking:
        asking.sendall(f"GET {SNAPSHOT_PATH} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        time.sleep(0.5)  # the app's thread, stalled; no wait for something to happen
        asking.setblocking(False)
        assert asking.recv(100).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("path", ["/__clearway__/", "/__clearway__/snapshot/", "/docs", "/..%2f", "/%00"])
def test_other_paths_are_not_found(start: Start, path: str) -> None:
    response = get(start(), path)
    assert response.status_code in (307, 404)
    if response.status_code == 307:  # Starlette's way with a trailing slash
        assert response.headers["location"].endswith(SNAPSHOT_PATH)


def test_failing_snapshot_tells_nothing_to_the_asker_and_once_to_the_log(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> dict[str, Any]:
        raise RuntimeError("a secret of the app")

    console = start(broken)
    for _ in range(3):
        response = get(console)
        assert response.status_code == 500
        assert "secret" not in response.text
    assert [record.message for record in caplog.records] == ["the console could not take a snapshot"]


def test_snapshot_that_is_not_json_is_a_fault_too(start: Start) -> None:
    assert get(start(lambda: {"x": object()})).status_code == 500
    assert get(start(lambda: {"x": float("nan")})).status_code == 500


def test_taken_port() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortTaken, match=f"console 127.0.0.1:{port} is in use"):
            ConsoleServer(Hub(Told()), "127.0.0.1", port).start()


@pytest.mark.parametrize("host", ["host.invalid", "198.51.100.1", "x" * 300])
def test_host_that_is_not_ours(host: str) -> None:
    with pytest.raises(ClearwayError, match="console"):
        ConsoleServer(Hub(Told()), host, 0).start()


def test_stopped_console_gives_its_port_back(start: Start) -> None:
    console = start()
    with httpx.Client() as client:  # an open connection does not hold it up
        client.get(f"http://127.0.0.1:{console.port}{SNAPSHOT_PATH}")
        console.stop()
    with socket.create_server(("127.0.0.1", console.port)):
        pass
    console.stop()


def test_stop_before_start_does_nothing() -> None:
    ConsoleServer(Hub(Told()), "127.0.0.1", 0).stop()


def test_connections_are_bounded(start: Start) -> None:
    """The console shares the open files of the app: who opens many, and asks nothing, takes only the console's."""
    console = start()
    opened = [socket.create_connection(("127.0.0.1", console.port)) for _ in range(MOST_CONNECTIONS + 20)]
    for connection in opened:
        connection.settimeout(0.0)
    until(lambda: sum(map(_is_closed, opened)) >= 20, "those that are too many are closed")
    for connection in opened:
        connection.close()
    until(lambda: _answers(console), "the console answers again")


def _is_closed(connection: socket.socket) -> bool:
    try:
        return connection.recv(1, socket.MSG_PEEK) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


def _answers(console: ConsoleServer) -> bool:
    try:
        return get(console).status_code == 200
    except httpx.HTTPError:
        return False
