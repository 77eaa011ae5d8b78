"""The console's port: what it answers, to whom, and that nothing of the app's can silence it."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from clearway.console.server import SNAPSHOT_PATH, ConsoleServer, PortTaken
from clearway.model import ClearwayError
from tests.served import PATIENCE_S

Start = Callable[..., ConsoleServer]


@pytest.fixture
def start() -> Iterator[Start]:
    started: list[ConsoleServer] = []

    def start(
        snapshot: Callable[[], dict[str, Any]] = lambda: {"routes": []},
        host: str = "127.0.0.1",
        token: str | None = None,
    ) -> ConsoleServer:
        console = ConsoleServer(snapshot, host, 0, token)
        console.start()
        started.append(console)
        return console

    yield start
    for console in started:
        console.stop()


def get(console: ConsoleServer, path: str = SNAPSHOT_PATH, **headers: str) -> httpx.Response:
    return httpx.get(f"http://127.0.0.1:{console.port}{path}", headers=headers, timeout=PATIENCE_S)


def test_snapshot_is_json_that_nobody_keeps(start: Start) -> None:
    response = get(start(lambda: {"routes": [1, 2]}))
    assert response.json() == {"routes": [1, 2]}
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


@pytest.mark.parametrize("path", ["/", "/__clearway__/", "/__clearway__/snapshot/", "/docs", "/..%2f", "/%00"])
def test_other_paths_are_not_found(start: Start, path: str) -> None:
    response = get(start(), path)
    assert response.status_code in (307, 404)
    if response.status_code == 307:  # Starlette's way with a trailing slash
        assert response.headers["location"].endswith(SNAPSHOT_PATH)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_other_methods_are_refused(start: Start, method: str) -> None:
    console = start()
    response = httpx.request(method, f"http://127.0.0.1:{console.port}{SNAPSHOT_PATH}", timeout=PATIENCE_S)
    assert response.status_code == 405
    assert response.headers["allow"] == "GET, HEAD"


def test_head(start: Start) -> None:
    response = httpx.head(f"http://127.0.0.1:{start().port}{SNAPSHOT_PATH}", timeout=PATIENCE_S)
    assert response.status_code == 200
    assert response.content == b""


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:8001", "127.0.0.1", "127.0.0.1:1", "127.9.9.9", "[::1]:8001", "[::1]"]
)
def test_own_names_are_served(start: Start, host: str) -> None:
    assert get(start(), Host=host).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "10.0.0.1", "", "[evil]", "[::2]"],
)
def test_foreign_names_are_refused(start: Start, host: str) -> None:
    """A page of another site that points its own name at this port (DNS rebinding) is not served."""
    response = get(start(), Host=host)
    assert response.status_code == 421
    assert "routes" not in response.text


def test_several_host_headers_are_refused(start: Start) -> None:
    with socket.create_connection(("127.0.0.1", start().port)) as asking:
        asking.sendall(f"GET {SNAPSHOT_PATH} HTTP/1.1\r\nHost: localhost\r\nHost: evil\r\n\r\n".encode())
        assert asking.recv(100).startswith(b"HTTP/1.1 421")


def test_name_given_by_the_user_is_served(start: Start) -> None:
    console = start(host="localhost")
    assert get(console, Host="localhost").status_code == 200


@pytest.mark.parametrize("token", ["secret", "sécret"])
def test_token_opens_by_header_and_by_query(start: Start, token: str) -> None:
    console = start(token=token)
    address = f"http://127.0.0.1:{console.port}{SNAPSHOT_PATH}"
    header = {b"Authorization": f"Bearer {token}".encode()}
    assert httpx.get(address, headers=header, timeout=PATIENCE_S).status_code == 200
    assert httpx.get(address, params={"token": token}, timeout=PATIENCE_S).status_code == 200


@pytest.mark.parametrize(
    "authorization", [None, "", "Bearer", "Bearer wrong", "Basic secret", "secret", "Bearer secretsecret"]
)
def test_without_the_token_there_is_nothing(start: Start, authorization: str | None) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    response = get(start(token="secret"), **headers)
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"
    assert "routes" not in response.text


@pytest.mark.parametrize("query", ["token=", "token=wrong", "token=wrong&token=secret", "token=%ff"])
def test_wrong_token_in_the_query(start: Start, query: str) -> None:
    assert get(start(token="secret"), f"{SNAPSHOT_PATH}?{query}").status_code == 401


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
            ConsoleServer(dict, "127.0.0.1", port).start()


@pytest.mark.parametrize("host", ["host.invalid", "198.51.100.1", "x" * 300])
def test_host_that_is_not_ours(host: str) -> None:
    with pytest.raises(ClearwayError, match="console"):
        ConsoleServer(dict, host, 0).start()


def test_stopped_console_gives_its_port_back(start: Start) -> None:
    console = start()
    with httpx.Client() as client:  # an open connection does not hold it up
        client.get(f"http://127.0.0.1:{console.port}{SNAPSHOT_PATH}")
        console.stop()
    with socket.create_server(("127.0.0.1", console.port)):
        pass
    console.stop()


def test_stop_before_start_does_nothing() -> None:
    ConsoleServer(dict, "127.0.0.1", 0).stop()
