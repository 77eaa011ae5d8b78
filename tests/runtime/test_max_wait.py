"""A call that has waited too long is refused with 503, and never runs; one that finishes a request never is."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator

import pytest
from fastapi import BackgroundTasks, Depends, FastAPI
from fastapi.responses import StreamingResponse
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

import clearway
from tests.runtime.serving import Ticks, client_of, happens, route_in

Install = Callable[..., clearway.Runtime]


@pytest.mark.parametrize("waits", ["endpoint", "dependency", "yield dependency"])
def test_a_call_that_waited_too_long_is_refused(install: Install, release: threading.Event, waits: str) -> None:
    app = FastAPI()
    ran: list[str] = []

    def block(name: str) -> str:
        ran.append(name)
        assert release.wait(20)
        return name

    def enter(name: str) -> Iterator[str]:
        yield block(name)

    async def through(name: str = Depends(enter if waits == "yield dependency" else block)) -> str:
        return name

    app.get("/{name}")(block if waits == "endpoint" else through)
    runtime = install(app, threads=1, max_wait_s=0.25)

    async def scenario() -> None:
        async with client_of(app) as client:
            first = asyncio.create_task(client.get("/first"))
            await happens(lambda: ran == ["first"])
            refused = await client.get("/second")
            assert refused.status_code == 503
            assert int(refused.headers["retry-after"]) == 1
            assert refused.json() == {"detail": "No thread was free within 0.25 s"}
            assert runtime.snapshot()["threads"]["queued"] == 0
            release.set()
            assert (await first).json() == "first"
            assert (await client.get("/third")).json() == "third"
        assert ran == ["first", "third"]
        assert route_in(runtime, "GET /{name}")["refused"] == 1
        assert runtime.faults == 0

    asyncio.run(scenario())


def test_the_app_s_own_handler_sees_the_refusal(install: Install, release: threading.Event) -> None:
    app = FastAPI()
    seen: list[object] = []

    @app.exception_handler(HTTPException)
    def handle(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        seen.append((error.status_code, error.headers))
        return JSONResponse("try later", status_code=error.status_code)

    @app.get("/")
    def read() -> None:
        assert release.wait(20)

    runtime = install(app, threads=1, max_wait_s=0.25)

    async def scenario() -> None:
        async with client_of(app) as client:
            first = asyncio.create_task(client.get("/"))
            await happens(lambda: runtime.snapshot()["threads"]["busy"] == 1)
            refused = await client.get("/")
            assert (refused.status_code, refused.json()) == (503, "try later")
            release.set()
            await first
        assert seen == [(503, {"Retry-After": "1"})]

    asyncio.run(scenario())


def test_a_starlette_route_is_refused_as_well(install: Install, release: threading.Event) -> None:
    def read(request: Request) -> Response:
        assert release.wait(20)
        return PlainTextResponse("fine")

    app = Starlette(routes=[Route("/", read)])
    runtime = install(app, threads=1, max_wait_s=0.25)

    async def scenario() -> None:
        async with client_of(app) as client:
            first = asyncio.create_task(client.get("/"))
            await happens(lambda: runtime.snapshot()["threads"]["busy"] == 1)
            refused = await client.get("/")
            assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
            release.set()
            assert (await first).text == "fine"

    asyncio.run(scenario())


def test_what_finishes_a_request_is_never_refused(install: Install, release: threading.Event) -> None:
    app = FastAPI()
    done: list[str] = []

    @app.get("/block")
    def block() -> None:
        assert release.wait(20)

    def resource() -> Iterator[str]:
        yield "resource"
        done.append("exit")

    def chunks() -> Iterator[str]:
        for number in range(5):
            yield str(number)

    @app.get("/whole")
    async def whole(tasks: BackgroundTasks, resource: str = Depends(resource)) -> StreamingResponse:
        tasks.add_task(done.append, "task")
        return StreamingResponse(chunks(), background=tasks)

    runtime = install(app, threads=1, max_wait_s=0.2)

    async def scenario() -> None:
        async with client_of(app) as client:
            blocked = asyncio.create_task(client.get("/block"))
            await happens(lambda: runtime.snapshot()["threads"]["busy"] == 1)
            for _ in range(10):
                response = await client.get("/whole")
                assert (response.status_code, response.text) == (200, "01234")
            assert done == ["task", "exit"] * 10 or done == ["exit", "task"] * 10
            release.set()
            await blocked

    asyncio.run(scenario())


def test_a_call_that_runs_long_is_not_refused(install: Install, release: threading.Event) -> None:
    app = FastAPI()

    @app.get("/")
    def read() -> str:
        assert release.wait(20)
        return "done"

    runtime = install(app, max_wait_s=0.2)

    async def scenario() -> None:
        async with client_of(app) as client:
            running = [asyncio.create_task(client.get("/")) for _ in range(3)]
            await happens(lambda: runtime.snapshot()["threads"]["busy"] == 3)
            await Ticks().pass_by(40)
            release.set()
            assert [response.json() for response in await asyncio.gather(*running)] == ["done"] * 3

    asyncio.run(scenario())
