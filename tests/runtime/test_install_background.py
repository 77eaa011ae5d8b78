"""Background tasks and exception handlers run as without Clearway, each where it belongs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from fastapi import BackgroundTasks, Depends, FastAPI, HTTPException
from fastapi.exceptions import RequestValidationError
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

import clearway
from clearway.model import EventType
from tests.runtime.serving import AnyApp, Fit, Server, ask, calls_of, here, until


def test_background_tasks_run_in_order_each_in_its_lane(fit: Fit) -> None:
    app = FastAPI()
    ran: list[tuple[str, str]] = []

    def write(line: str, *, end: str) -> None:
        ran.append((line + end, here()))

    async def send(line: str) -> None:
        ran.append((line, here()))

    def from_dependency(tasks: BackgroundTasks) -> None:
        tasks.add_task(write, "dependency", end=".")

    @app.get("/")
    async def read(tasks: BackgroundTasks, dependency: None = Depends(from_dependency)) -> str:
        tasks.add_task(write, "first", end="!")
        tasks.add_task(send, "second")
        return "answered"

    runtime = fit(app)
    assert ask(app, "/").json() == "answered"
    assert ran == [("dependency.", fit.thread), ("first!", fit.thread), ("second", "loop")]
    if runtime:
        assert ("write", "background_task", "thread") in calls_of(runtime)


def test_the_client_has_its_answer_before_a_background_task_ends(
    fit: Fit, serve: Callable[[AnyApp], Server], release: threading.Event
) -> None:
    app = FastAPI()
    started, ended = threading.Event(), threading.Event()

    def task() -> None:
        started.set()
        assert release.wait(20)
        ended.set()

    @app.get("/")
    def read(tasks: BackgroundTasks) -> str:
        tasks.add_task(task)
        return "answered"

    fit(app)
    assert serve(app).ask("/").json() == "answered"
    assert started.wait(20)
    assert not ended.is_set()
    release.set()
    assert ended.wait(20)


def test_the_background_is_no_part_of_the_latency(
    install: Callable[..., clearway.Runtime], serve: Callable[[AnyApp], Server], release: threading.Event
) -> None:
    app = FastAPI()

    @app.get("/")
    async def read(tasks: BackgroundTasks) -> None:
        tasks.add_task(release.wait, 20)

    runtime = install(app)
    serve(app).ask("/")
    until(lambda: runtime.snapshot()["threads"]["busy"])
    released_s = time.perf_counter()
    release.set()
    until(lambda: runtime.snapshot()["requests"]["total"])
    (out,) = [event for event in runtime.recorder.events() if event.type is EventType.OUT]
    assert out.at_s < released_s


def test_a_background_task_of_starlette(fit: Fit) -> None:
    ran: list[str] = []

    def task(word: str) -> None:
        ran.append(f"{word} {here()}")

    async def read(request: Request) -> Response:
        return PlainTextResponse("answered", background=BackgroundTask(task, "done"))

    app = Starlette(routes=[Route("/", read)])
    fit(app)
    assert ask(app, "/").text == "answered"
    assert ran == [f"done {fit.thread}"]


def test_exception_handlers_run_in_their_lane(fit: Fit) -> None:
    class SyncError(Exception): ...

    class AsyncError(Exception): ...

    app = FastAPI()

    @app.exception_handler(SyncError)
    def handle_sync(request: Request, error: Exception) -> Response:
        return JSONResponse({"handled": str(error), "ran": here()}, status_code=418)

    @app.exception_handler(AsyncError)
    async def handle_async(request: Request, error: Exception) -> Response:
        return JSONResponse({"handled": str(error), "ran": here()}, status_code=419)

    @app.exception_handler(404)
    def handle_missing(request: Request, error: Exception) -> Response:
        return JSONResponse({"missing": request.url.path, "ran": here()}, status_code=404)

    @app.exception_handler(RequestValidationError)
    def handle_invalid(request: Request, error: Exception) -> Response:
        return JSONResponse({"invalid": here()}, status_code=400)

    @app.get("/sync")
    async def fail_sync() -> None:
        raise SyncError("s")

    @app.get("/async")
    def fail_async() -> None:
        raise AsyncError("a")

    @app.get("/gone")
    def gone() -> None:
        raise HTTPException(404)

    @app.get("/number/{number}")
    def number(number: int) -> None: ...

    runtime = fit(app)
    response = ask(app, "/sync")
    assert (response.status_code, response.json()) == (418, {"handled": "s", "ran": fit.thread})
    response = ask(app, "/async")
    assert (response.status_code, response.json()) == (419, {"handled": "a", "ran": "loop"})
    assert ask(app, "/gone").json() == {"missing": "/gone", "ran": fit.thread}
    assert ask(app, "/nowhere").json() == {"missing": "/nowhere", "ran": fit.thread}
    assert ask(app, "/number/x").json() == {"invalid": fit.thread}
    if runtime:
        handlers = {name for name, kind, _ in calls_of(runtime) if kind == "exception_handler"}
        assert handlers == {"handle_sync", "handle_missing", "handle_invalid"}


def test_handlers_for_any_error(fit: Fit) -> None:
    app = FastAPI()

    @app.exception_handler(Exception)
    def handle(request: Request, error: Exception) -> Response:
        return JSONResponse({"handled": repr(error), "ran": here()}, status_code=500)

    @app.get("/")
    def fail() -> None:
        raise ValueError("v")

    fit(app)
    response = ask(app, "/")
    assert (response.status_code, response.json()) == (500, {"handled": "ValueError('v')", "ran": fit.thread})


def test_an_unhandled_error_is_a_500(fit: Fit, serve: Callable[[AnyApp], Server]) -> None:
    app = FastAPI()

    @app.get("/")
    def fail() -> None:
        raise ValueError("v")

    @app.get("/fine")
    def fine() -> str:
        return "fine"

    fit(app)
    server = serve(app)
    response = server.ask("/", headers={"connection": "close"})  # the server will close it in any case
    assert (response.status_code, response.text) == (500, "Internal Server Error")
    assert server.ask("/fine").json() == "fine"
