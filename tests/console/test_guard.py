"""Who is let through to the console, and what its answers allow a browser."""

from __future__ import annotations

import socket

import httpx
import pytest

from clearway.console.server import SNAPSHOT_PATH, ConsoleServer
from tests.console.conftest import Start, get
from tests.served import PATIENCE_S


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_other_methods_are_refused(console: ConsoleServer, method: str) -> None:
    response = get(console, method=method)
    assert response.status_code == 405
    assert response.headers["allow"] == "GET, HEAD"


def test_head(console: ConsoleServer) -> None:
    response = get(console, method="HEAD")
    assert response.status_code == 200
    assert response.content == b""


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:8001", "127.0.0.1", "127.0.0.1:1", "127.9.9.9", "[::1]:8001", "[::1]"]
)
def test_own_names_are_served(console: ConsoleServer, host: str) -> None:
    assert get(console, Host=host).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "10.0.0.1", "", "[evil]", "[::2]"],
)
def test_foreign_names_are_refused(console: ConsoleServer, host: str) -> None:
    """A page of another site that points its own name at this port (DNS rebinding) is not served."""
    response = get(console, Host=host)
    assert response.status_code == 421
    assert "inside" not in response.text


def test_several_host_headers_are_refused(console: ConsoleServer) -> None:
    with socket.create_connection(("127.0.0.1", console.port)) as asking:
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
def test_without_the_token_there_is_nothing(locked: ConsoleServer, authorization: str | None) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    response = get(locked, **headers)
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"
    assert "inside" not in response.text


@pytest.mark.parametrize("query", ["token=", "token=wrong", "token=wrong&token=secret", "token=%ff"])
def test_wrong_token_in_the_query(locked: ConsoleServer, query: str) -> None:
    assert get(locked, f"{SNAPSHOT_PATH}?{query}").status_code == 401


@pytest.mark.parametrize("path", ["/", "/assets/app.js"])
def test_the_page_itself_is_free(locked: ConsoleServer, path: str) -> None:
    """It says nothing of the app, and a browser sends no token for a script."""
    assert get(locked, path).status_code in (404, 503)


@pytest.mark.parametrize(
    "path", ["/__clearway__/frames", "/__clearway__/recording", "/__clearway__/source", "/metrics"]
)
def test_everything_else_wants_the_token(locked: ConsoleServer, path: str) -> None:
    assert get(locked, path).status_code == 401


def test_pages_of_the_console_may_read_it(console: ConsoleServer) -> None:
    own = f"127.0.0.1:{console.port}"
    for scheme in ("http", "https"):  # https: behind a proxy
        assert get(console, Host=own, Origin=f"{scheme}://{own}").status_code == 200
    assert get(console, **{"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors"}).status_code == 200


@pytest.mark.parametrize(
    "origin",
    ["null", "http://evil.example", "http://localhost:3000", "http://127.0.0.1", "file://", "", "https://127.0.0.1:1"],
)
def test_pages_of_others_may_not(console: ConsoleServer, origin: str) -> None:
    response = get(console, Origin=origin)
    assert response.status_code == 403
    assert "inside" not in response.text


@pytest.mark.parametrize("site", ["cross-site", "same-site", "nonsense"])
@pytest.mark.parametrize(("mode", "dest"), [("no-cors", "script"), ("cors", "empty"), ("navigate", "iframe")])
def test_other_sites_may_not_embed_it(console: ConsoleServer, site: str, mode: str, dest: str) -> None:
    headers = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode, "Sec-Fetch-Dest": dest}
    assert get(console, **headers).status_code == 403


def test_a_link_elsewhere_may_lead_here(console: ConsoleServer) -> None:
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert get(console, **headers).status_code == 200


@pytest.mark.parametrize("path", ["/", SNAPSHOT_PATH, "/__clearway__/recording", "/nothing", "/assets/no"])
def test_every_answer_is_hardened(console: ConsoleServer, path: str) -> None:
    headers = get(console, path).headers
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"
    policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert "unsafe" not in headers["content-security-policy"]


def test_refusals_are_hardened_too(locked: ConsoleServer) -> None:
    response = get(locked, Host="evil.example")
    assert response.status_code == 421
    assert "content-security-policy" in response.headers


@pytest.mark.parametrize(
    "request_",
    [
        b"GET http://evil.example/__clearway__/snapshot HTTP/1.1\r\nHost: evil.example\r\n\r\n",
        b"GET /__clearway__/snapshot HTTP/1.0\r\n\r\n",
        b"CONNECT evil.example:443 HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /__clearway__/snapshot HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\nOrigin: http://evil\r\n\r\n",
        b"GET /__clearway__/snapshot HTTP/1.1\r\nHost: local\xffhost\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
    ],
    ids=["absolute", "no-host", "connect", "two-origins", "latin", "tls", "negative-length"],
)
def test_hostile_requests_get_nothing(console: ConsoleServer, request_: bytes) -> None:
    with socket.create_connection(("127.0.0.1", console.port), PATIENCE_S) as asking:
        asking.sendall(request_)
        answer = asking.recv(65536)
    assert not answer.startswith(b"HTTP/1.1 200")
    assert b"inside" not in answer
    assert get(console).status_code == 200, "and the console goes on"
