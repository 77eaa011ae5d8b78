"""A call in the thread lane finds what a call in AnyIO's threads finds."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import threading
import traceback
import weakref
from collections.abc import Callable, Iterator
from contextvars import ContextVar

import anyio.from_thread
import anyio.to_thread
import pytest
from anyio import CancelScope
from fastapi import Depends, FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

import clearway
from clearway.runtime.lanes.threads import worker
from tests.runtime.serving import Fit, ask, client_of, happens, here

Install = Callable[..., clearway.Runtime]

word: ContextVar[str] = ContextVar("word", default="unset")


def test_context_variables_arrive_and_changes_stay_in_the_call(fit: Fit) -> None:
    app = FastAPI()

    async def first() -> None:
        word.set("by async dependency")

    def second(first: None = Depends(first)) -> str:
        before = word.get()
        word.set("by sync dependency")
        return before

    @app.get("/sync")
    def sync(second: str = Depends(second)) -> list[str]:
        return [second, word.get()]

    @app.get("/async")
    async def native(second: str = Depends(second)) -> list[str]:
        return [second, word.get()]

    fit(app)
    for path in ("/sync", "/async"):
        assert ask(app, path).json() == ["by async dependency", "by async dependency"]


def test_a_call_may_come_back_to_the_loop(fit: Fit) -> None:
    app = FastAPI()

    async def on_loop(what: str) -> str:
        await asyncio.sleep(0)
        return f"{what} {here()} {word.get()}"

    def also_on_loop() -> str:
        return f"sync {here()}"

    @app.get("/")
    def read() -> list[str]:
        word.set("by endpoint")
        anyio.from_thread.check_cancelled()
        return [anyio.from_thread.run(on_loop, "async"), anyio.from_thread.run_sync(also_on_loop), here()]

    fit(app)
    assert ask(app, "/").json() == ["async loop by endpoint", "sync loop", fit.thread]


def test_a_call_may_have_a_loop_of_its_own(fit: Fit) -> None:
    app = FastAPI()

    async def inside() -> str:
        return await anyio.to_thread.run_sync(here)

    @app.get("/")
    def read() -> list[str]:
        return [asyncio.run(inside()), anyio.run(inside)]

    fit(app)
    assert ask(app, "/").json() == ["AnyIO worker thread"] * 2


def test_check_cancelled_raises_once_the_scope_is_cancelled(fit: Fit) -> None:
    app = FastAPI()
    seen: list[str] = []

    def work(cancelled: threading.Event) -> str:
        anyio.from_thread.check_cancelled()
        assert cancelled.wait(20)
        try:
            anyio.from_thread.check_cancelled()
        except asyncio.CancelledError:
            seen.append("cancelled")
            raise
        return "never"

    @app.get("/")
    async def read() -> str:
        cancelled = threading.Event()
        with CancelScope() as scope:
            async with anyio.create_task_group() as group:
                group.start_soon(run_in_threadpool, work, cancelled)
                await anyio.lowlevel.checkpoint()
                scope.cancel()
                cancelled.set()
        return "out"

    fit(app)
    assert ask(app, "/").json() == "out"
    assert seen in ([], ["cancelled"])  # cancelled before it began, or found out while it ran


def test_stop_iteration_becomes_a_runtime_error(fit: Fit) -> None:
    app = FastAPI()

    def exhausted() -> None:
        raise StopIteration("end")

    @app.get("/")
    async def read() -> list[str]:
        try:
            await run_in_threadpool(exhausted)
        except RuntimeError as error:
            return [str(error), repr(error.__cause__)]
        return []

    fit(app)
    assert ask(app, "/").json() == ["coroutine raised StopIteration", "StopIteration('end')"]


def test_an_error_keeps_its_traceback_and_cause(fit: Fit) -> None:
    app = FastAPI()
    functions: list[str] = []
    causes: list[BaseException | None] = []

    class OwnError(Exception): ...

    def deep() -> None:
        try:
            raise KeyError("inner")
        except KeyError as error:
            raise OwnError("outer") from error

    @app.exception_handler(OwnError)
    async def handle(request: Request, error: Exception) -> Response:
        functions.extend(frame.name for frame in traceback.extract_tb(error.__traceback__))
        causes.append(error.__cause__)
        return JSONResponse("handled")

    @app.get("/")
    def read() -> None:
        deep()

    fit(app)
    assert ask(app, "/").json() == "handled"
    assert functions[-2:] == ["read", "deep"]
    assert [type(cause) for cause in causes] == [KeyError]


@pytest.mark.parametrize("error", [KeyError("k"), asyncio.CancelledError("own"), TimeoutError("t")])
def test_any_error_of_a_call_arrives_as_itself(fit: Fit, error: BaseException) -> None:
    app = FastAPI()

    def fail() -> None:
        raise error

    @app.get("/")
    async def read() -> bool:
        try:
            await run_in_threadpool(fail)
        except BaseException as caught:
            return type(caught) is type(error) and caught.args == error.args
        return False

    fit(app)
    assert ask(app, "/").json() is True


def test_a_thread_is_used_again_and_ends_when_it_is_idle(install: Install, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "IDLE_S", 0.05)
    app = FastAPI()

    @app.get("/")
    def read() -> int:
        return threading.get_ident()

    runtime = install(app)

    async def scenario() -> None:
        async with client_of(app) as client:
            idents = {(await client.get("/")).json() for _ in range(10)}
            assert len(idents) < 10
            await happens(lambda: runtime.snapshot()["threads"]["live"] == 0)
            assert (await client.get("/")).status_code == 200  # and starts anew
            assert runtime.snapshot()["threads"]["live"] >= 1

    asyncio.run(scenario())
    assert runtime.faults == 0


def test_the_threads_grow_for_what_waits_and_shrink_again(
    install: Install, monkeypatch: pytest.MonkeyPatch, release: threading.Event
) -> None:
    monkeypatch.setattr(worker, "IDLE_S", 0.05)
    app = FastAPI()

    @app.get("/")
    def read() -> None:
        assert release.wait(20)

    runtime = install(app)

    def threads() -> dict[str, int]:
        found: dict[str, int] = runtime.snapshot()["threads"]
        return found

    async def scenario() -> None:
        async with client_of(app) as client:
            running = [asyncio.create_task(client.get("/")) for _ in range(60)]
            await happens(lambda: threads()["busy"] == 60, "60 threads for 60 calls that wait")
            release.set()
            assert {response.status_code for response in await asyncio.gather(*running)} == {200}
            await happens(lambda: threads()["live"] == 0, "idle threads end")
            assert threads()["peak"] >= 60
            assert (threads()["busy"], threads()["queued"]) == (0, 0)

    asyncio.run(scenario())


def test_nothing_is_left_of_a_call_in_its_thread(install: Install) -> None:
    """A parked thread must not keep the last request alive."""

    class Big: ...

    app = FastAPI()
    made: list[weakref.ref[Big]] = []

    def resource() -> Iterator[Big]:
        big = Big()
        made.append(weakref.ref(big))
        yield big

    @app.get("/")
    def read(big: Big = Depends(resource)) -> None: ...

    install(app)

    async def scenario() -> None:
        async with client_of(app) as client:
            await client.get("/")
            await client.get("/")
            with contextlib.suppress(AssertionError):
                await happens(lambda: gc.collect() >= 0 and all(ref() is None for ref in made))
        assert [kept for ref in made if (kept := ref()) is not None] == []

    asyncio.run(scenario())
