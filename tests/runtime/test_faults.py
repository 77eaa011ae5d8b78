"""What Clearway itself gets wrong never fails a request: it is counted, said once, and the app goes on."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi import BackgroundTasks, Depends, FastAPI
from fastapi.responses import StreamingResponse

import clearway
from tests.runtime.serving import ask, client_of, here

Install = Callable[..., clearway.Runtime]

PLAIN = "AnyIO worker thread"
THREAD = "clearway thread lane"


def _app() -> FastAPI:
    app = FastAPI()

    def resource() -> Iterator[str]:
        yield "resource"

    @clearway.loop
    def pinned() -> str:
        return "pinned"

    @app.get("/", response_model=list[str])
    def read(tasks: BackgroundTasks, resource: str = Depends(resource), pinned: str = Depends(pinned)) -> list[str]:
        tasks.add_task(here)
        return [resource, pinned]

    @app.get("/stream")
    def stream() -> StreamingResponse:
        return StreamingResponse(iter(["1", "2"]))

    @app.get("/async")
    async def native() -> str:
        return "native"

    return app


def _broken(*args: Any, **options: Any) -> Any:
    raise ZeroDivisionError("broken on purpose")


def _break(monkeypatch: pytest.MonkeyPatch, runtime: clearway.Runtime, part: str) -> None:
    owner: Any = runtime
    *path, name = part.split(".")
    for step in path:
        owner = getattr(owner, step)
    monkeypatch.setattr(owner, name, _broken, raising=True)


@pytest.mark.parametrize(
    "part",
    [
        "planner.site_of",
        "recorder.route_of",
        "recorder.call_done",
        "recorder.request_done",
        "thread_lane.limiter.submit",
        "thread_lane.run",
        "loop_lane.run",
        "ports.open",
    ],
)
def test_a_request_is_served_though_a_part_of_clearway_is_broken(
    install: Install, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, part: str
) -> None:
    app = _app()
    runtime = install(app)
    _break(monkeypatch, runtime, part)
    with caplog.at_level(logging.ERROR, "clearway"):
        for _ in range(3):
            response = ask(app, "/")
            assert (response.status_code, response.json()) == (200, ["resource", "pinned"])
            assert ask(app, "/stream").text == "12"
            assert ask(app, "/async").json() == "native"
    assert runtime.faults >= 3
    assert runtime.snapshot()["faults"] == runtime.faults
    said = [record.getMessage() for record in caplog.records if "broken on purpose" in record.getMessage()]
    assert said
    assert len(said) == len(set(said)), "a fault is said once"


def test_a_call_takes_fastapi_s_own_way_when_nobody_can_place_it(
    install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = FastAPI()

    @app.get("/")
    def read() -> str:
        return here()

    runtime = install(app)
    assert ask(app, "/").json() == THREAD
    with monkeypatch.context() as broken:
        _break(broken, runtime, "planner.site_of")
        assert ask(app, "/").json() == PLAIN
    assert ask(app, "/").json() == THREAD
    assert runtime.faults


def test_no_thread_to_be_had(install: Install, monkeypatch: pytest.MonkeyPatch) -> None:
    app = FastAPI()
    ran: list[str] = []

    @app.get("/")
    def read() -> str:
        ran.append(here())
        return here()

    runtime = install(app)

    def refuse(self: object) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as exhausted:
        exhausted.setattr("clearway.runtime.lanes.threads.worker.Worker.start", refuse)
        assert ask(app, "/").json() == PLAIN
    assert ask(app, "/").json() == THREAD
    assert ran == [PLAIN, THREAD]
    assert runtime.snapshot()["threads"]["queued"] == 0


def test_a_broken_tick_leaves_the_lanes_working(install: Install, monkeypatch: pytest.MonkeyPatch) -> None:
    app = FastAPI()

    @app.get("/")
    def read() -> str:
        return here()

    runtime = install(app)
    _break(monkeypatch, runtime, "thread_lane.limiter.tick")

    async def scenario() -> None:
        async with client_of(app) as client:
            for _ in range(5):
                responses = await asyncio.gather(*(client.get("/") for _ in range(10)))
                assert {response.json() for response in responses} == {THREAD}
                await asyncio.sleep(0.02)

    asyncio.run(scenario())


def test_a_listener_that_raises_is_switched_off_and_counted(
    install: Install, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    app = _app()
    runtime = install(app)
    heard: list[object] = []
    runtime.on_stall += [_broken, heard.append]
    stalls = [object(), object()]
    monkeypatch.setattr(sys.modules["clearway.runtime.install"], "blame", lambda *observed: stalls[len(heard)])
    monkeypatch.setattr(runtime.recorder, "stalled", lambda stall: None)
    monkeypatch.setattr(runtime, "stall_report", lambda stall: None)
    anything: Any = None
    with caplog.at_level(logging.ERROR, "clearway"):
        for _ in stalls:
            runtime.stalled(anything, anything)
    assert heard == stalls
    assert runtime.on_stall == [heard.append]
    assert runtime.faults == 1
    assert "switched off" in caplog.text


def test_an_error_of_the_user_s_own_is_no_fault(install: Install) -> None:
    app = FastAPI()

    @app.get("/")
    @clearway.loop
    def read() -> None:
        raise ZeroDivisionError

    @app.get("/thread")
    def threaded() -> None:
        raise ZeroDivisionError

    runtime = install(app)
    assert ask(app, "/").status_code == 500
    assert ask(app, "/thread").status_code == 500
    assert runtime.faults == 0
