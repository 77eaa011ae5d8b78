"""What runs on the loop without a hop, who decides that, and which context it sees."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import pytest
from fastapi import Depends, FastAPI
from fastapi.responses import StreamingResponse

import clearway
from clearway.model import Lane, Plan, PlannedCall
from clearway.settings import Settings
from tests.runtime.serving import Fit, ask, calls_of, client_of, here

THREAD = "clearway thread lane"
Install = Callable[..., clearway.Runtime]

word: ContextVar[str] = ContextVar("word", default="unset")


def read_here() -> str:
    return here()


READ_HERE = f"{__name__}:read_here"


def _app() -> FastAPI:
    app = FastAPI()
    app.get("/here")(read_here)
    return app


def test_a_pinned_endpoint_runs_on_the_loop(install: Install) -> None:
    app = FastAPI()

    @app.get("/", response_model=None)
    @clearway.loop
    def read() -> str:
        return here()

    runtime = install(app)
    assert ask(app, "/").json() == "loop"
    assert calls_of(runtime) == {("read", "endpoint", "loop")}


def test_the_pin_may_stand_on_either_side_of_a_decorator(install: Install) -> None:
    app = FastAPI()

    def read() -> str:
        return here()

    app.get("/")(clearway.loop(app.get("/other")(read)))
    install(app)
    assert ask(app, "/").json() == "loop"
    assert ask(app, "/other").json() == "loop"


def test_the_validation_of_a_pinned_endpoint_follows_it(install: Install) -> None:
    app = FastAPI()

    @app.get("/", response_model=list[int])
    @clearway.loop
    def read() -> list[str]:
        return ["1"]

    runtime = install(app)
    assert ask(app, "/").json() == [1]
    assert {(kind, lane) for _, kind, lane in calls_of(runtime)} == {("endpoint", "loop"), ("validation", "loop")}


def test_a_pinned_yield_dependency_enters_and_exits_on_the_loop(install: Install) -> None:
    app = FastAPI()
    ran: list[tuple[str, str]] = []

    @clearway.loop
    def resource() -> Iterator[str]:
        ran.append(("enter", here()))
        yield "resource"
        ran.append(("exit", here()))

    @app.get("/")
    def read(resource: str = Depends(resource)) -> str:
        ran.append(("read", here()))
        return resource

    runtime = install(app)
    assert ask(app, "/").json() == "resource"
    assert ran == [("enter", "loop"), ("read", THREAD), ("exit", "loop")]
    assert ("resource", "dependency_exit", "loop") in calls_of(runtime)


def test_the_loop_turns_between_the_steps_of_a_pinned_stream(install: Install) -> None:
    app = FastAPI()
    steps: list[int] = []

    @app.get("/", response_class=StreamingResponse)
    @clearway.loop
    def read() -> Iterator[str]:
        for number in range(20):
            steps.append(number)
            yield "x"

    install(app)

    async def scenario() -> None:
        between: set[int] = set()

        async def look() -> None:
            while len(steps) < 20:
                between.add(len(steps))
                await asyncio.sleep(0)

        async with client_of(app) as client:
            looking = asyncio.create_task(look())
            assert (await client.get("/")).text == "x" * 20
            await looking
        assert len(between) >= 15

    asyncio.run(scenario())


def test_an_error_of_a_pinned_call_is_the_app_s(install: Install) -> None:
    app = FastAPI()

    class OwnError(Exception): ...

    @app.get("/")
    @clearway.loop
    def read() -> None:
        raise OwnError

    runtime = install(app)
    assert ask(app, "/").status_code == 500
    assert runtime.faults == 0


def test_a_plan_puts_a_def_on_the_loop(install: Install) -> None:
    app = _app()
    plan = Plan.of([PlannedCall(READ_HERE, Lane.LOOP, "only returns")])
    runtime = install(app, plan=plan)
    runtime.check()
    assert ask(app, "/here").json() == "loop"
    row = next(row for row in runtime.plan_table() if row.route == "GET /here")
    assert (row.lane, row.why, row.call) == (Lane.LOOP, "only returns", READ_HERE)


def test_a_plan_from_a_file_decides(install: Install, tmp_path: Path) -> None:
    Plan.of([PlannedCall(READ_HERE, Lane.LOOP, "only returns")]).dump(tmp_path / "plan.json")
    app = _app()
    install(app, plan=Plan.load(tmp_path / "plan.json"))
    assert ask(app, "/here").json() == "loop"


@pytest.mark.parametrize("name", ["GET /here", READ_HERE, READ_HERE.replace(":", ".")])
@pytest.mark.parametrize("lane", [Lane.LOOP, Lane.THREAD])
def test_a_pin_in_the_settings_beats_the_plan(install: Install, name: str, lane: Lane) -> None:
    other = Lane.THREAD if lane is Lane.LOOP else Lane.LOOP
    app = _app()
    runtime = install(app, plan=Plan.of([PlannedCall(READ_HERE, other, "planned")]), pins={name: lane})
    runtime.check()
    assert ask(app, "/here").json() == {Lane.LOOP: "loop", Lane.THREAD: THREAD}[lane]
    assert name in runtime.snapshot()["routes"][-1]["why"]


@pytest.mark.parametrize(("pin", "ran"), [(clearway.loop, "loop"), (clearway.thread, THREAD)])
def test_a_pin_in_the_code_beats_the_plan(install: Install, pin: Callable[..., Any], ran: str) -> None:
    app = FastAPI()

    @app.get("/")
    @pin
    def read() -> str:
        return here()

    lane = Lane.THREAD if ran == "loop" else Lane.LOOP
    install(app, plan=Plan.of([PlannedCall(f"{__name__}:{read.__qualname__}", lane, "planned")]))
    assert ask(app, "/").json() == ran


def test_a_pin_in_the_settings_beats_the_one_in_the_code(install: Install) -> None:
    app = FastAPI()

    @app.get("/")
    @clearway.loop
    def read() -> str:
        return here()

    install(app, pins={"GET /": Lane.THREAD})
    assert ask(app, "/").json() == THREAD


def test_a_pin_by_route_holds_for_that_route_only(install: Install) -> None:
    app = _app()
    app.get("/also")(read_here)
    install(app, pins={"GET /also": Lane.LOOP})
    for _ in range(2):
        assert ask(app, "/here").json() == THREAD
        assert ask(app, "/also").json() == "loop"


def test_an_async_def_stays_on_the_loop_whatever_is_pinned(install: Install) -> None:
    app = FastAPI()

    @app.get("/")
    @clearway.thread
    async def read() -> str:
        return here()

    install(app, pins={"GET /": Lane.THREAD})
    assert ask(app, "/").json() == "loop"


def test_a_pinned_call_sees_the_context_and_keeps_its_own_changes(fit: Fit) -> None:
    """As in a thread: a sync call works on a copy of the context, so nobody else sees what it sets."""
    app = FastAPI()

    @clearway.loop
    def sync_setter() -> str:
        before = word.get()
        word.set("by sync dependency")
        return before

    async def async_setter(before: str = Depends(sync_setter)) -> str:
        seen = word.get()
        word.set("by async dependency")
        return f"{before}, {seen}"

    @clearway.loop
    def reader(seen: str = Depends(async_setter)) -> str:
        return f"{seen}, {word.get()}"

    @app.get("/pinned")
    @clearway.loop
    def pinned(seen: str = Depends(reader)) -> str:
        word.set("by endpoint")
        return f"{seen}, {word.get()}"

    @app.get("/plain")
    def plain(seen: str = Depends(reader)) -> str:
        return f"{seen}, {word.get()}"

    @app.get("/async")
    async def native(seen: str = Depends(reader)) -> str:
        return f"{seen}, {word.get()}"

    fit(app)
    seen = "unset, unset, by async dependency"
    assert ask(app, "/pinned").json() == f"{seen}, by endpoint"
    assert ask(app, "/plain").json() == f"{seen}, by async dependency"
    assert ask(app, "/async").json() == f"{seen}, by async dependency"


@pytest.mark.parametrize("pin", [clearway.loop, clearway.thread])
def test_a_yield_dependency_s_context_is_what_plain_fastapi_gives_it(fit: Fit, pin: Callable[..., Any]) -> None:
    app = FastAPI()
    seen: list[str] = []

    @pin
    def resource() -> Iterator[None]:
        word.set("by resource")
        yield
        seen.append(word.get())

    @app.get("/")
    async def read(resource: None = Depends(resource)) -> str:
        before = word.get()
        word.set("by endpoint")
        return before

    fit(app)
    # Entered and exited in two copies of the request's context: what the first sets is lost to all others.
    assert ask(app, "/").json() == "unset"
    assert seen == ["by endpoint"]


def test_pinning_leaves_the_function_itself_alone() -> None:
    @clearway.loop
    def read() -> str:
        """Say it."""
        return "said"

    assert read() == "said"
    assert read.__doc__ == "Say it."


def test_threads_are_not_started_for_what_runs_on_the_loop(install: Install) -> None:
    app = FastAPI()

    @app.get("/")
    @clearway.loop
    def read() -> int:
        return sum(thread.name == THREAD for thread in threading.enumerate())

    runtime = install(app)
    ask(app, "/")
    assert runtime.snapshot()["threads"]["live"] == 0
    assert runtime.settings == Settings()
