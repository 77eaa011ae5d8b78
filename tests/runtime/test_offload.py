"""`clearway.offload`: any lane from inside an `async def`, in a request and outside one."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Callable
from contextvars import ContextVar

import pytest
from fastapi import FastAPI

import clearway
from clearway.model import Lane, LaneError
from tests.runtime.serving import AnyApp, Server, ask, calls_of, client_of, happens, here, route_in, until

Install = Callable[..., clearway.Runtime]

word: ContextVar[str] = ContextVar("word", default="unset")


def place(*, greeting: str = "", name: str = "") -> str:
    return f"{greeting}{name}{here()}{word.get()}"


@pytest.mark.parametrize(
    ("lane", "where"),
    [("thread", "clearway thread lane"), (Lane.THREAD, "clearway thread lane"), ("loop", "loop")],
)
def test_it_runs_there_with_its_arguments_and_context(install: Install, lane: Lane | str, where: str) -> None:
    app = FastAPI()

    @app.get("/")
    async def read() -> str:
        word.set("!")
        return await clearway.offload(place, greeting="hello ", name="you ", lane=lane)

    runtime = install(app)
    assert ask(app, "/").json() == f"hello you {where}!"
    assert ("place", "offload", str(Lane(lane))) in calls_of(runtime)
    assert route_in(runtime, "GET /")["run_ms"]["max"] > 0
    assert runtime.faults == 0


def test_the_thread_lane_is_the_default_and_errors_come_back(install: Install) -> None:
    app = FastAPI()

    def fail(number: int) -> None:
        raise ValueError(here(), number)

    @app.get("/")
    async def read() -> list[object]:
        try:
            await clearway.offload(fail, 7)
        except ValueError as error:
            return list(error.args)
        return []

    install(app)
    assert ask(app, "/").json() == ["clearway thread lane", 7]


def test_one_function_may_go_to_several_lanes(install: Install) -> None:
    app = FastAPI()

    @app.get("/")
    async def read() -> list[str]:
        return [await clearway.offload(here, lane=lane) for lane in ("loop", "thread", "loop")]

    install(app)
    assert ask(app, "/").json() == ["loop", "clearway thread lane", "loop"]


@pytest.mark.parametrize(
    ("lane", "message"),
    [
        ("threads", "unknown lane 'threads'; did you mean 'thread'?"),
        ("gpu", "unknown lane 'gpu'; known: cluster, loop, process, thread"),
    ],
)
def test_an_unknown_lane_is_an_error_that_names_the_nearest(install: Install, lane: str, message: str) -> None:
    install(FastAPI())
    with pytest.raises(LaneError, match=message.replace("?", r"\?")):
        asyncio.run(clearway.offload(here, lane=lane))


def test_a_coroutine_function_is_refused(install: Install) -> None:
    async def read() -> str:
        return here()

    install(FastAPI())
    with pytest.raises(LaneError, match=r"read is an async def; await it, or offload a def"):
        _ = asyncio.run(clearway.offload(read))


def test_negative_retries_are_refused(install: Install) -> None:
    install(FastAPI())
    with pytest.raises(ValueError, match="retries must be 0 or more, not -1"):
        asyncio.run(clearway.offload(here, retries=-1))


def test_outside_a_request_the_only_app_is_meant(install: Install, serve: Callable[[AnyApp], Server]) -> None:
    seen: list[str] = []

    async def work() -> None:
        seen.append(await clearway.offload(here))

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        seen.append(await clearway.offload(here))
        task = asyncio.create_task(work())
        yield
        await task

    app = FastAPI(lifespan=lifespan)
    runtime = install(app)
    serve(app)
    until(lambda: len(seen) == 2)
    assert seen == ["clearway thread lane"] * 2
    assert ("here", "offload", "thread") in calls_of(runtime)
    assert runtime.faults == 0


def test_outside_a_request_no_app_and_two_apps_are_errors(install: Install) -> None:
    with pytest.raises(LaneError, match=r"no app has Clearway; call clearway.install\(app\) first"):
        asyncio.run(clearway.offload(here))
    install(FastAPI())
    install(FastAPI())
    with pytest.raises(LaneError, match="2 apps have Clearway, and outside a request none of them is meant"):
        asyncio.run(clearway.offload(here))


def test_in_a_request_of_two_apps_its_own_is_meant(install: Install) -> None:
    app = FastAPI()

    @app.get("/")
    async def read() -> str:
        return await clearway.offload(here)

    install(FastAPI())
    runtime = install(app)
    assert ask(app, "/").json() == "clearway thread lane"
    assert ("here", "offload", "thread") in calls_of(runtime)


def test_offloads_of_one_request_run_side_by_side(install: Install, release: threading.Event) -> None:
    app = FastAPI()
    began: list[int] = []

    def wait(number: int) -> int:
        began.append(number)
        assert release.wait(20)
        return number

    @app.get("/")
    async def read() -> list[int]:
        return list(await asyncio.gather(*(clearway.offload(wait, number) for number in range(3))))

    install(app)

    async def scenario() -> None:
        async with client_of(app) as client:
            asked = asyncio.create_task(client.get("/"))
            await happens(lambda: len(began) == 3)
            release.set()
            assert (await asked).json() == [0, 1, 2]

    asyncio.run(scenario())
