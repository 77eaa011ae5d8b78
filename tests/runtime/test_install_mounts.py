"""Apps inside apps, websockets and the lifespan work as without Clearway."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from fastapi import APIRouter, Depends, FastAPI, WebSocket, WebSocketException
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Host, Mount, Route
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

import clearway
from tests.runtime.serving import AnyApp, Fit, Server, ask, calls_of, here, route_in, until


def test_a_fastapi_app_inside_a_fastapi_app(fit: Fit) -> None:
    inner, outer = FastAPI(), FastAPI()

    def token() -> str:
        return here()

    @inner.get("/items/{number}")
    def read(number: int, token: str = Depends(token)) -> list[object]:
        return [number, token, here()]

    @outer.get("/own")
    def own() -> str:
        return here()

    outer.mount("/sub", inner)
    runtime = fit(outer)
    assert ask(outer, "/sub/items/7").json() == [7, fit.thread, fit.thread]
    assert ask(outer, "/own").json() == fit.thread
    assert ask(outer, "/sub/openapi.json").json()["servers"] == [{"url": "/sub"}]
    if runtime:
        assert route_in(runtime, "GET /sub/items/{number}")["requests"] == 1
        assert ("token", "dependency", "thread") in calls_of(runtime)


def test_a_starlette_app_inside_a_fastapi_app(fit: Fit) -> None:
    def read(request: Request) -> Response:
        return PlainTextResponse(f"{request.path_params['name']} {here()}")

    outer = FastAPI()
    outer.mount("/{tenant}/sub", Starlette(routes=[Route("/{name}", read)]))
    fit(outer)
    assert ask(outer, "/a/sub/me").text == f"me {fit.thread}"


def test_mounts_and_hosts_of_starlette(fit: Fit) -> None:
    def read(request: Request) -> Response:
        return PlainTextResponse(here())

    async def bare(scope: Any, receive: Any, send: Any) -> None:
        await PlainTextResponse(f"bare {here()}")(scope, receive, send)

    inside = Starlette(routes=[Route("/", read)])
    app = Starlette(routes=[Mount("/a", routes=[Mount("/b", app=inside)]), Mount("/bare", bare), Host("other", inside)])
    runtime = fit(app)
    assert ask(app, "/a/b/").text == fit.thread
    assert ask(app, "/bare/").text == "bare loop"
    assert ask(app, "/", headers={"host": "other"}).text == fit.thread
    if runtime:
        assert route_in(runtime, "GET /a/b/")["requests"] == 1


def test_both_the_mounted_and_the_outer_app_installed() -> None:
    inner, outer = FastAPI(), FastAPI()

    @inner.get("/")
    def read() -> str:
        return here()

    outer.mount("/sub", inner)
    fit = Fit(True)
    of_inner, of_outer = fit(inner), fit(outer)
    assert of_inner is not None
    assert of_outer is not None
    try:
        assert ask(outer, "/sub/").json() == fit.thread
        assert ask(inner, "/").json() == fit.thread
        assert of_outer.snapshot()["requests"]["total"] == 1
        assert of_inner.snapshot()["requests"]["total"] == 1
    finally:
        fit.undo()


def test_websockets_with_sync_dependencies(fit: Fit, serve: Callable[[AnyApp], Server]) -> None:
    app = FastAPI()
    exited: list[str] = []

    def session() -> Iterator[str]:
        yield f"session {here()}"
        exited.append(here())

    def checked(token: str = "") -> str:
        if token != "right":
            raise WebSocketException(1008, "wrong token")
        return f"{token} {here()}"

    router = APIRouter(prefix="/ws")

    @router.websocket("/{room}")
    async def talk(
        websocket: WebSocket, room: str, token: str = Depends(checked), session: str = Depends(session)
    ) -> None:
        await websocket.accept()
        await websocket.send_json([room, token, session, here()])
        while (word := await websocket.receive_text()) != "bye":
            await websocket.send_text(word.upper())
        await websocket.close()

    app.include_router(router)
    runtime = fit(app)
    server = serve(app)
    address = server.url.replace("http", "ws")
    with connect(f"{address}/ws/a?token=right", proxy=None) as socket:
        assert json.loads(socket.recv()) == ["a", f"right {fit.thread}", f"session {fit.thread}", "loop"]
        socket.send("hello")
        assert socket.recv() == "HELLO"
        socket.send("bye")
        assert list(socket) == []
    assert until(lambda: exited) == [fit.thread]
    with pytest.raises(InvalidStatus, match="403"), connect(f"{address}/ws/a?token=wrong", proxy=None):
        pass
    if runtime:
        until(lambda: route_in(runtime, "WS /ws/{room}")["requests"] == 2)
        assert {("checked", "dependency", "thread"), ("session", "dependency_exit", "thread")} <= calls_of(runtime)


def test_the_lifespan_and_its_state(fit: Fit, serve: Callable[[AnyApp], Server]) -> None:
    ran: list[str] = []

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, str]]:
        ran.append(f"startup {here()}")
        yield {"database": "open"}
        ran.append(f"shutdown {here()}")

    app = FastAPI(lifespan=lifespan)

    @app.get("/")
    def read(request: Request) -> str:
        return f"{request.state.database} {here()}"

    fit(app)
    server = serve(app)
    assert server.ask("/").json() == f"open {fit.thread}"
    server.stop()
    assert ran == ["startup loop", "shutdown loop"]


def test_installing_in_the_lifespan_is_in_time(serve: Callable[[AnyApp], Server]) -> None:
    fit = Fit(True)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        fit(app)
        yield

    app = FastAPI(lifespan=lifespan)

    @app.get("/")
    def read() -> str:
        return here()

    try:
        assert serve(app).ask("/").json() == fit.thread
    finally:
        fit.undo()


def test_one_app_on_two_loops(install: Callable[..., clearway.Runtime]) -> None:
    app = FastAPI()

    @app.get("/")
    def read() -> str:
        return here()

    runtime = install(app)
    servers = [Server(app, loop) for loop in ("asyncio", "uvloop")]
    try:
        for server in servers * 3:
            assert server.ask("/").json() == "clearway thread lane"
    finally:
        for server in servers:
            server.stop()
    assert runtime.snapshot()["requests"]["total"] == 6
    assert runtime.faults == 0
