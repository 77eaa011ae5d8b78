"""Who is contained: everything of a route that is known to block, and nothing of the others."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from fastapi import APIRouter, BackgroundTasks, Depends, FastAPI, Request, WebSocket
from fastapi.responses import StreamingResponse
from starlette.applications import Starlette
from starlette.endpoints import HTTPEndpoint
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send
from websockets.asyncio.client import connect

import clearway
from clearway.model import Lane, Plan, PlannedCall, SettingsError
from clearway.runtime import portal
from clearway.settings import Settings
from tests.runtime.containment.meeting import Meeting
from tests.runtime.serving import AnyApp, Server, ask, client_of, here, route_in, until

Install = Callable[..., clearway.Runtime]
Serve = Callable[[AnyApp], Server]
Make = Callable[[Meeting], AnyApp]


def endpoint(meeting: Meeting) -> AnyApp:
    app = FastAPI()

    @app.get("/{number}")
    async def read(number: int) -> str:
        await asyncio.sleep(0)
        return meeting.attend()

    return app


def dependency(meeting: Meeting) -> AnyApp:
    app = FastAPI()

    async def needed() -> str:
        await asyncio.sleep(0)
        return meeting.attend()

    @app.get("/{number}")
    async def read(needed: str = Depends(needed)) -> str:
        return needed

    return app


def dependency_exit(meeting: Meeting) -> AnyApp:
    app = FastAPI()

    async def session() -> AsyncIterator[str]:
        yield "met"
        meeting.attend()

    @app.get("/{number}")
    async def read(session: str = Depends(session)) -> str:
        return session

    return app


def background_task(meeting: Meeting) -> AnyApp:
    app = FastAPI()

    async def afterwards() -> None:
        meeting.attend()

    @app.get("/{number}")
    async def read(tasks: BackgroundTasks) -> str:
        tasks.add_task(afterwards)
        return "met"

    return app


def stream(meeting: Meeting) -> AnyApp:
    app = FastAPI()

    async def pieces() -> AsyncIterator[str]:
        yield "m"
        meeting.attend()
        yield "et"

    @app.get("/{number}")
    async def read() -> StreamingResponse:
        return StreamingResponse(pieces())

    return app


def child_task(meeting: Meeting) -> AnyApp:
    app = FastAPI()

    async def child() -> str:
        return meeting.attend()

    @app.get("/{number}")
    async def read() -> str:
        async with asyncio.TaskGroup() as group:
            return await group.create_task(child())

    return app


def included_router(meeting: Meeting) -> AnyApp:
    app, inner, outer = FastAPI(), APIRouter(), APIRouter()

    @inner.get("/{number}")
    async def read() -> str:
        await asyncio.sleep(0)
        return meeting.attend()

    outer.include_router(inner)
    app.include_router(outer)
    return app


def plain_route_in_a_router(meeting: Meeting) -> AnyApp:
    app, router = FastAPI(), APIRouter()

    async def read(request: Request) -> Response:
        return PlainTextResponse(meeting.attend())

    router.add_route("/{number}", read)
    app.include_router(router)
    return app


def starlette(meeting: Meeting) -> AnyApp:
    async def read(request: Request) -> Response:
        return PlainTextResponse(meeting.attend())

    return Starlette(routes=[Route("/{number}", read)])


def class_based(meeting: Meeting) -> AnyApp:
    class Read(HTTPEndpoint):
        async def get(self, request: Request) -> Response:
            return PlainTextResponse(meeting.attend())

    return Starlette(routes=[Route("/{number}", Read)])


def mounted(meeting: Meeting) -> AnyApp:
    return Starlette(routes=[Mount("/", app=endpoint(meeting))])


def exception_handler(meeting: Meeting) -> AnyApp:
    app = FastAPI()

    async def answer(request: Request, error: Exception) -> Response:
        return PlainTextResponse(meeting.attend())

    @app.get("/{number}")
    async def read() -> str:
        raise LookupError

    app.add_exception_handler(LookupError, answer)
    return app


MADE: list[Make] = [
    endpoint, dependency, dependency_exit, background_task, stream, child_task, included_router,
    plain_route_in_a_router, starlette, class_based, mounted, exception_handler,
]  # fmt: skip


def both(app: AnyApp) -> list[str]:
    """What two requests at once are answered."""

    async def ask_twice() -> list[str]:
        async with client_of(app) as client:
            return [answer.text.strip('"') for answer in await asyncio.gather(client.get("/1"), client.get("/2"))]

    return asyncio.run(ask_twice())


@pytest.mark.parametrize("make", MADE, ids=lambda make: make.__name__)
def test_everything_of_a_named_route_is_contained(install: Install, make: Make) -> None:
    meeting = Meeting()
    app = make(meeting)
    runtime = install(app, contain=("GET /{number}",))
    runtime.check()
    assert both(app) == ["met", "met"]
    assert meeting.came == 2
    assert runtime.faults == 0


def test_websockets_of_a_named_route_are_contained(install: Install, serve: Serve) -> None:
    meeting = Meeting()
    app = FastAPI()

    @app.websocket("/ws")
    async def talk(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_text(await websocket.receive_text() + meeting.attend())
        await websocket.close()

    install(app, contain=("WS /ws",))
    server = serve(app)

    async def say(word: str) -> str | bytes:
        async with connect(f"ws://127.0.0.1:{server.port}/ws", proxy=None) as connection:
            await connection.send(word)
            return await connection.recv()

    async def main() -> tuple[str | bytes, str | bytes]:
        return await asyncio.gather(say("a"), say("b"))

    assert tuple(asyncio.run(main())) == ("amet", "bmet")


class Slow:
    """A pure ASGI middleware that blocks."""

    def __init__(self, app: ASGIApp, meeting: Meeting) -> None:
        self.app = app
        self.meeting = meeting

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            self.meeting.attend()
        await self.app(scope, receive, send)


class SlowDispatch(BaseHTTPMiddleware):
    """The same, Starlette's way: what it wraps runs in a task of its own."""

    meeting: Meeting

    def __init__(self, app: ASGIApp, meeting: Meeting) -> None:
        super().__init__(app)
        self.meeting = meeting

    async def dispatch(self, request: Request, call_next: Any) -> Response:
        self.meeting.attend()
        response: Response = await call_next(request)
        return response


@pytest.mark.parametrize("middleware", [Slow, SlowDispatch])
def test_a_middleware_that_has_stalled_is_contained_with_all_of_the_app(
    install: Install, serve: Serve, caplog: pytest.LogCaptureFixture, middleware: Any
) -> None:
    meeting = Meeting(size=0)
    app = FastAPI()

    @app.get("/{number}")
    async def read() -> bool:
        return portal.is_open()

    original = meeting.attend
    meeting.attend = lambda: time.sleep(0.1) or "slept"  # type: ignore[method-assign, func-returns-value]
    app.add_middleware(middleware, meeting=meeting)
    install(app, contain=True)
    with caplog.at_level(logging.WARNING, "clearway"):
        server = serve(app)
        until(lambda: server.ask("/0").json() is True, "contained after a stall")
    assert "every request" in caplog.text
    meeting.attend = original  # type: ignore[method-assign]
    meeting.size = 2

    async def ask_twice() -> list[bool]:
        async with server.async_client() as client:
            return [answer.json() for answer in await asyncio.gather(client.get("/1"), client.get("/2"))]

    assert asyncio.run(ask_twice()) == [True, True]


def test_the_first_call_of_an_endpoint_may_stall_and_the_next_is_contained(
    install: Install, serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    app = FastAPI()

    @app.get("/bad/")
    async def bad() -> bool:
        await asyncio.sleep(0)
        time.sleep(0.1)
        return portal.is_open()

    @app.get("/good/")
    async def good() -> bool:
        return portal.is_open()

    runtime = install(app, contain=True)
    with caplog.at_level(logging.WARNING, "clearway"):
        server = serve(app)
        until(lambda: server.ask("/bad/").json() is True, "contained after a stall")
        assert server.ask("/bad/").json() is True
    assert server.ask("/good/").json() is False
    said = [record.getMessage() for record in caplog.records if "contained from now on" in record.getMessage()]
    assert len(said) == 1
    assert "test_routes" in said[0]
    assert "time.sleep" in said[0]
    contained = route_in(runtime, "GET /bad/")["contained"]
    assert contained["is_on"]
    assert contained["waits"] >= 2
    assert contained["seconds"] >= 0.2
    assert route_in(runtime, "GET /good/")["contained"] == {"is_on": False, "waits": 0, "seconds": 0.0}


def test_what_a_plan_names_is_contained_from_the_first_request_on(install: Install) -> None:
    meeting = Meeting()
    app = endpoint(meeting)
    (call,) = {row.call for row in install(app).plan_table() if row.route == "GET /{number}"}
    plan = Plan.of([PlannedCall(call, Lane.LOOP, "reaches time.sleep", blocks=True)])
    clearway.install(app).uninstall()
    runtime = install(app, plan, contain=True)
    assert both(app) == ["met", "met"]
    row = next(row for row in runtime.plan_table() if row.call == call)
    assert (row.lane, row.why) == (Lane.LOOP, "async def, contained: reaches time.sleep")


def test_without_the_setting_a_plan_contains_nothing(install: Install) -> None:
    app = endpoint(Meeting(size=1))
    (call,) = {row.call for row in install(app).plan_table() if row.route == "GET /{number}"}
    clearway.install(app).uninstall()
    runtime = install(app, Plan.of([PlannedCall(call, Lane.LOOP, "reaches time.sleep", blocks=True)]))
    row = next(row for row in runtime.plan_table() if row.call == call)
    assert (row.lane, row.why) == (Lane.LOOP, "async def")
    assert ask(app, "/1").json() == "met"


def test_only_what_a_list_names_is_contained(install: Install) -> None:
    app = FastAPI()

    @app.get("/named")
    async def named() -> bool:
        await asyncio.sleep(0)
        return portal.is_open()

    @app.get("/other")
    async def other() -> bool:
        await asyncio.sleep(0)
        return portal.is_open()

    install(app, contain=(f"{named.__module__}:{named.__qualname__}",))
    assert ask(app, "/named").json() is True
    assert ask(app, "/other").json() is False


def test_an_endpoint_that_never_awaits_runs_in_the_thread_lane(install: Install) -> None:
    meeting = Meeting()
    app = FastAPI()

    @app.get("/where", response_model=None)
    async def where() -> str:
        return here()

    @app.get("/{number}")
    async def read(number: int) -> str:
        return meeting.attend()

    runtime = install(app, contain=("GET /where", "GET /{number}"))
    assert ask(app, "/where").json() == "loop"  # `here` asks for the loop: a thread would not be the same
    assert both(app) == ["met", "met"]
    row = next(row for row in runtime.plan_table() if row.route == "GET /{number}")
    assert row.lane is Lane.THREAD
    assert "never awaits" in row.why


def test_a_name_that_the_app_does_not_have_is_refused() -> None:
    app = endpoint(Meeting())
    runtime = clearway.install(app, settings=Settings(contain=("GET /{nummer}",)))
    try:
        with pytest.raises(SettingsError, match=r"contain 'GET /\{nummer\}': .* did you mean 'GET /\{number\}'"):
            runtime.check()
    finally:
        runtime.uninstall()


def test_install_takes_the_setting_as_a_keyword() -> None:
    meeting = Meeting()
    app = endpoint(meeting)
    runtime = clearway.install(app, settings=Settings(), contain=["GET /{number}"])
    try:
        assert both(app) == ["met", "met"]
    finally:
        runtime.uninstall()


def test_uninstalling_gives_everything_back() -> None:
    app = FastAPI()
    app.add_middleware(Slow, meeting=Meeting(size=1))

    @app.websocket("/ws")
    async def talk(websocket: WebSocket) -> None:
        await websocket.accept()

    @app.get("/{number}")
    async def read() -> str:
        await asyncio.sleep(0)
        return "read"

    sleep, routes = time.sleep, {id(route): getattr(route, "app", None) for route in app.routes}
    runtime = clearway.install(app, settings=Settings(), contain=["GET /{number}", "WS /ws"])
    assert ask(app, "/1").json() == "read"
    assert time.sleep is not sleep
    assert any(getattr(route, "app", None) is not routes[id(route)] for route in app.routes)
    runtime.uninstall()
    assert time.sleep is sleep
    assert {id(route): getattr(route, "app", None) for route in app.routes} == routes
    assert ask(app, "/1").json() == "read"
