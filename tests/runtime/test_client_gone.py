"""Whose client has gone does not get a thread any more; who stays loses nothing by being watched."""

from __future__ import annotations

import asyncio
import hashlib
import json
import socket
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from fastapi import Depends, FastAPI, Request

import clearway
from clearway.runtime.lanes.thread import ThreadLane
from clearway.runtime.lanes.threads.tier import Tier
from clearway.runtime.records.recorder import Recorder
from tests.runtime.fake_worker import FakePool, route
from tests.runtime.serving import AnyApp, Server, route_in, until

Install = Callable[..., clearway.Runtime]
Serve = Callable[[AnyApp], Server]


def _queued(runtime: clearway.Runtime) -> int:
    queued: int = runtime.snapshot()["threads"]["queued"]
    return queued


def _watched(runtime: clearway.Runtime) -> int:
    """How many requests have somebody looking out for their client."""
    return sum(request._watch is not None for request in runtime.in_flight())


def _send(server: Server, path: str, body: bytes = b"", method: str = "GET") -> socket.socket:
    connection = server.connect()
    connection.sendall(f"{method} {path} HTTP/1.1\r\nhost: x\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body)
    return connection


def _receive(connection: socket.socket) -> tuple[str, bytes]:
    """The status line and the body of one answer."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += connection.recv(65536)
    head, _, body = received.partition(b"\r\n\r\n")
    lines = head.decode().lower().split("\r\n")
    (length,) = [int(line.partition(":")[2]) for line in lines if line.startswith("content-length:")]
    while len(body) < length:
        body += connection.recv(65536)
    return lines[0], body


def test_the_call_of_a_client_that_has_gone_is_taken_out_of_the_queue(
    install: Install, serve: Serve, release: threading.Event
) -> None:
    app = FastAPI()
    ran: list[str] = []

    @app.get("/{name}")
    def read(name: str) -> str:
        ran.append(name)
        assert release.wait(20)
        return name

    runtime = install(app, threads=1)
    server = serve(app)
    with _send(server, "/first") as first:
        until(lambda: ran == ["first"])
        second = _send(server, "/second")
        with _send(server, "/third") as third:
            until(lambda: _queued(runtime) == 2)
            second.close()
            until(lambda: _queued(runtime) == 1)
            release.set()
            assert _receive(first) == ("http/1.1 200 ok", b'"first"')
            assert _receive(third) == ("http/1.1 200 ok", b'"third"')
    assert ran == ["first", "third"]
    row = route_in(runtime, "GET /{name}")
    assert (row["withdrawn"], row["queued"]) == (1, 0)
    until(lambda: runtime.snapshot()["requests"]["in_flight"] == 0)
    assert runtime.faults == 0


def test_a_waiting_dependency_is_withdrawn_as_well(install: Install, serve: Serve, release: threading.Event) -> None:
    app = FastAPI()
    ran: list[str] = []

    def resource() -> None:
        ran.append("resource")
        assert release.wait(20)

    @app.get("/")
    async def read(resource: None = Depends(resource)) -> None:
        ran.append("endpoint")

    runtime = install(app, threads=1)
    server = serve(app)
    with _send(server, "/") as first:
        until(lambda: ran == ["resource"])
        _send(server, "/").close()
        until(lambda: route_in(runtime, "GET /")["withdrawn"] == 1)
        release.set()
        _receive(first)
    assert ran == ["resource", "endpoint"]


def test_the_body_of_a_request_that_waited_is_whole(install: Install, serve: Serve, release: threading.Event) -> None:
    """The watcher looks for the end of the connection where the body comes from, and must give back what it finds."""
    app = FastAPI()

    def turn() -> None:
        assert release.wait(20)

    @app.post("/")
    async def read(request: Request, turn: None = Depends(turn)) -> list[object]:
        digest, pieces = hashlib.sha256(), 0
        async for piece in request.stream():
            digest.update(piece)
            pieces += len(piece) > 0
        return [digest.hexdigest(), pieces > 1]

    runtime = install(app, threads=1)
    server = serve(app)
    block = bytes(range(256)) * 256
    sent = threading.Event()

    async def upload() -> AsyncIterator[bytes]:
        for number in range(48):  # 3 MiB
            yield block
            if number == 8:
                sent.set()

    async def scenario() -> None:
        async with server.async_client() as client:
            asked = [asyncio.create_task(client.post("/", content=upload())) for _ in range(3)]
            while not (_watched(runtime) == 2 and sent.is_set()):
                await asyncio.sleep(0.002)
            release.set()
            expected = hashlib.sha256(block * 48).hexdigest()
            for response in await asyncio.gather(*asked):
                assert response.json() == [expected, True]

    asyncio.run(scenario())
    assert runtime.faults == 0


def test_a_connection_goes_on_after_a_request_that_waited(
    install: Install, serve: Serve, release: threading.Event
) -> None:
    app = FastAPI()

    @app.post("/slow")
    def slow(body: dict[str, str]) -> dict[str, str]:
        assert release.wait(20)
        return body

    @app.post("/echo")
    async def echo(request: Request) -> str:
        return (await request.body()).decode()

    runtime = install(app, threads=1)
    server = serve(app)
    request = json.dumps({"word": "x" * 100_000}).encode()
    head = b"POST /slow HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
    with server.connect() as first, server.connect() as second:
        first.sendall(head % len(request) + request)
        until(lambda: runtime.snapshot()["threads"]["busy"] == 1)
        second.sendall(head % len(request) + request)
        until(lambda: _watched(runtime) == 1)
        release.set()
        for connection in (first, second):
            status, body = _receive(connection)
            assert (status, json.loads(body)) == ("http/1.1 200 ok", json.loads(request))
            for word in (b"one", b"two" * 10_000):
                connection.sendall(b"POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % len(word) + word)
                assert json.loads(_receive(connection)[1]) == word.decode()


def test_a_request_that_was_sent_behind_one_that_waits_is_answered(
    install: Install, serve: Serve, release: threading.Event
) -> None:
    app = FastAPI()

    @app.get("/{name}")
    def read(name: str) -> str:
        assert release.wait(20)
        return name

    runtime = install(app, threads=1)
    server = serve(app)
    with _send(server, "/first") as first, _send(server, "/second") as second:
        until(lambda: _watched(runtime) == 1)
        second.sendall(b"GET /third HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        release.set()
        assert _receive(first)[1] == b'"first"'
        received = b""
        while piece := second.recv(65536):
            received += piece
    assert received.index(b'"second"') < received.index(b'"third"')


def test_a_client_that_goes_while_its_call_runs_changes_nothing(
    install: Install, serve: Serve, release: threading.Event
) -> None:
    app = FastAPI()
    ran: list[str] = []

    @app.get("/")
    def read() -> str:
        ran.append("began")
        assert release.wait(20)
        ran.append("ended")
        return "done"

    runtime = install(app, threads=1)
    server = serve(app)
    connection = _send(server, "/")
    until(lambda: ran == ["began"])
    connection.close()
    release.set()
    until(lambda: runtime.snapshot()["requests"] == {"in_flight": 0, "total": 1})
    assert ran == ["began", "ended"]
    assert route_in(runtime, "GET /")["withdrawn"] == 0
    assert httpx.get(server.url + "/", verify=False).json() == "done"


def test_what_finishes_a_request_is_not_withdrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """The exit of a dependency gives a connection back, also where its thread comes late and the client has gone."""
    pool = FakePool(1, monkeypatch)
    lane = ThreadLane(Recorder(16), 1, None)
    lane.limiter = pool.limiter
    works: list[Any] = [pool.submit(route("GET /"), tier) for tier in (Tier.STARTING, Tier.FINISHING)]
    for work in works:
        work.future = Future()
    request: Any = SimpleNamespace(works=works)
    lane.withdraw_all(request)
    assert [work.future.done() for work in works] == [True, False]
    pool.let_all_look()
    assert pool.taken == [works[1]]
