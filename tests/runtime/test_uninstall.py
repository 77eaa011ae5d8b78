"""Installing twice is installing once, and uninstalling gives everything back."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

import anyio.to_thread
import fastapi.routing
import pytest
import starlette.background
from fastapi import BackgroundTasks, FastAPI

import clearway
from clearway.settings import Settings
from tests.runtime.serving import ask, client_of, happens, here

PLAIN = "AnyIO worker thread"
CLEARWAY = "clearway thread lane"


def _hooks() -> list[object]:
    return [
        anyio.to_thread.run_sync,
        starlette.background.BackgroundTask.__call__,
        fastapi.routing.run_endpoint_function,
    ]


def _app() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def read() -> str:
        return here()

    return app


def test_installing_twice_is_installing_once() -> None:
    app = _app()
    runtime = clearway.install(app, settings=Settings(threads=3))
    try:
        assert clearway.install(app, settings=Settings(threads=5)) is runtime
        assert ask(app, "/").json() == CLEARWAY
        assert clearway.install(app) is runtime
        assert runtime.snapshot()["threads"]["limit"] == 3
    finally:
        runtime.uninstall()


def test_uninstalling_restores_everything() -> None:
    before = _hooks()
    app = _app()
    assert ask(app, "/").json() == PLAIN
    build, stack = app.build_middleware_stack, app.middleware_stack
    attributes = set(vars(app))
    runtime = clearway.install(app, settings=Settings())
    assert _hooks() != before
    assert app.middleware_stack is not stack
    assert ask(app, "/").json() == CLEARWAY
    runtime.uninstall()
    assert _hooks() == before
    assert app.build_middleware_stack == build
    assert app.middleware_stack is stack
    assert set(vars(app)) == attributes
    assert ask(app, "/").json() == PLAIN


def test_uninstalling_twice_is_uninstalling_once() -> None:
    before = _hooks()
    first, second = _app(), _app()
    one, other = clearway.install(first, settings=Settings()), clearway.install(second, settings=Settings())
    one.uninstall()
    one.uninstall()
    assert _hooks() != before
    assert ask(first, "/").json() == PLAIN
    assert ask(second, "/").json() == CLEARWAY
    other.uninstall()
    assert _hooks() == before


def test_installing_again_after_uninstalling() -> None:
    app = _app()
    clearway.install(app, settings=Settings()).uninstall()
    again = clearway.install(app, settings=Settings())
    try:
        assert ask(app, "/").json() == CLEARWAY
        assert again.snapshot()["requests"]["total"] == 1
    finally:
        again.uninstall()


def test_a_stack_that_was_built_while_installed_is_given_back() -> None:
    app = _app()
    runtime = clearway.install(app, settings=Settings())
    assert ask(app, "/").json() == CLEARWAY
    runtime.uninstall()
    assert ask(app, "/").json() == PLAIN


def test_requests_in_flight_end_as_they_began(release: threading.Event) -> None:
    app = FastAPI()
    background: list[str] = []

    @app.get("/")
    def read(tasks: BackgroundTasks) -> str:
        tasks.add_task(lambda: background.append("done"))
        assert release.wait(20)
        return here()

    async def scenario() -> None:
        runtime = clearway.install(app, settings=Settings(threads=2))
        async with client_of(app) as client:
            running = [asyncio.create_task(client.get("/")) for _ in range(5)]
            await happens(lambda: runtime.snapshot()["threads"]["busy"] == 2)
            runtime.uninstall()
            late = asyncio.create_task(client.get("/"))
            release.set()
            assert [response.json() for response in await asyncio.gather(*running)] == [CLEARWAY] * 5
            assert (await late).json() == PLAIN
        assert len(background) == 6

    asyncio.run(scenario())


def test_a_call_from_outside_of_any_request_is_anyio_s_own(install: Callable[..., clearway.Runtime]) -> None:
    install(_app())

    async def outside() -> str:
        return await anyio.to_thread.run_sync(here)

    assert asyncio.run(outside()) == PLAIN


def test_a_call_with_a_limiter_of_its_own_is_anyio_s_own(install: Callable[..., clearway.Runtime]) -> None:
    app = FastAPI()

    @app.get("/")
    async def read() -> list[str]:
        return [
            await anyio.to_thread.run_sync(here),
            await anyio.to_thread.run_sync(here, limiter=anyio.CapacityLimiter(1)),
            await anyio.to_thread.run_sync(here, abandon_on_cancel=True),
            await asyncio.to_thread(here),
        ]

    install(app)
    ran = ask(app, "/").json()
    assert ran[:3] == [CLEARWAY, PLAIN, PLAIN]
    assert ran[3].startswith("asyncio_")


def test_only_fastapi_and_starlette_apps_can_have_it() -> None:
    async def bare(scope: object, receive: object, send: object) -> None: ...

    for thing in (bare, None, FastAPI, "app"):
        with pytest.raises(clearway.ClearwayError, match="expected a FastAPI or Starlette app"):
            clearway.install(thing)


def test_its_threads_end_when_it_is_uninstalled() -> None:
    app = _app()
    before = set(threading.enumerate())
    runtime = clearway.install(app, settings=Settings())
    assert ask(app, "/").json() == CLEARWAY
    ours = [thread for thread in set(threading.enumerate()) - before if thread.name == CLEARWAY]
    assert ours
    runtime.uninstall()
    for thread in ours:
        thread.join(20)
        assert not thread.is_alive()
