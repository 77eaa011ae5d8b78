"""Cancelled while it waits a call never runs; cancelled while it runs its thread counts until it ends."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator

import anyio
import pytest
from anyio import CancelScope
from fastapi import Depends, FastAPI
from starlette.concurrency import run_in_threadpool

import clearway
from tests.runtime.serving import Fit, client_of, happens

Install = Callable[..., clearway.Runtime]


def _threads(runtime: clearway.Runtime) -> tuple[int, int]:
    """(busy, queued)."""
    threads = runtime.snapshot()["threads"]
    return threads["busy"], threads["queued"]


def test_a_queued_call_whose_task_is_cancelled_never_runs(install: Install, release: threading.Event) -> None:
    app = FastAPI()
    ran: list[str] = []

    @app.get("/{name}")
    def read(name: str) -> None:
        ran.append(name)
        assert release.wait(20)

    runtime = install(app, threads=1)

    async def scenario() -> None:
        async with client_of(app) as client:
            first = asyncio.create_task(client.get("/first"))
            await happens(lambda: _threads(runtime) == (1, 0))
            second = asyncio.create_task(client.get("/second"))
            await happens(lambda: _threads(runtime) == (1, 1))
            second.cancel()
            with pytest.raises(asyncio.CancelledError):
                await second
            assert _threads(runtime) == (1, 0)
            release.set()
            assert (await first).status_code == 200
            assert (await client.get("/third")).status_code == 200
        assert ran == ["first", "third"]
        assert runtime.snapshot()["requests"] == {"in_flight": 0, "total": 3}

    asyncio.run(scenario())


def test_a_thread_counts_until_it_ends_though_its_task_was_cancelled(
    install: Install, release: threading.Event
) -> None:
    app = FastAPI()
    ran: list[str] = []

    @app.get("/{name}")
    def read(name: str) -> None:
        ran.append(name)
        assert release.wait(20)

    runtime = install(app, threads=1)

    async def scenario() -> None:
        async with client_of(app) as client:
            first = asyncio.create_task(client.get("/first"))
            await happens(lambda: ran == ["first"])
            first.cancel()
            with pytest.raises(asyncio.CancelledError):
                await first
            assert _threads(runtime) == (1, 0)
            assert runtime.snapshot()["requests"]["in_flight"] == 0
            second = asyncio.create_task(client.get("/second"))
            await happens(lambda: _threads(runtime) == (1, 1))
            assert ran == ["first"]
            release.set()
            assert (await second).status_code == 200
            await happens(lambda: _threads(runtime) == (0, 0))
        assert ran == ["first", "second"]

    asyncio.run(scenario())


def test_a_cancelled_scope_waits_for_the_running_call(fit: Fit, release: threading.Event) -> None:
    app = FastAPI()
    started, ended = threading.Event(), threading.Event()

    def work() -> None:
        started.set()
        assert release.wait(20)
        ended.set()

    @app.get("/")
    async def read() -> str:
        with CancelScope() as scope:
            async with anyio.create_task_group() as group:
                group.start_soon(run_in_threadpool, work)
                await happens(started.is_set)
                asyncio.get_running_loop().call_later(0.01, release.set)
                scope.cancel()
        return "ended" if ended.is_set() else "abandoned"

    fit(app)

    async def scenario() -> None:
        async with client_of(app) as client:
            assert (await client.get("/")).json() == "ended"

    asyncio.run(scenario())


def test_a_cancelled_scope_takes_a_waiting_call_out_of_the_queue(install: Install, release: threading.Event) -> None:
    app = FastAPI()
    ran: list[str] = []

    @app.get("/{name}")
    def read(name: str) -> None:
        ran.append(name)
        assert release.wait(20)

    runtime = install(app, threads=1)

    async def scenario() -> None:
        async with client_of(app) as client:
            first = asyncio.create_task(client.get("/first"))
            await happens(lambda: _threads(runtime) == (1, 0))
            with anyio.move_on_after(0.03) as scope:
                await client.get("/second")
            assert scope.cancelled_caught
            assert _threads(runtime) == (1, 0)
            release.set()
            await first
        assert ran == ["first"]

    asyncio.run(scenario())


@pytest.mark.parametrize("blocked", ["enter", "endpoint", "exit"])
def test_what_was_entered_is_exited_though_the_scope_is_cancelled(
    fit: Fit, release: threading.Event, blocked: str
) -> None:
    app = FastAPI()
    steps: list[str] = []

    def step(name: str) -> None:
        steps.append(name)
        if name == blocked:
            assert release.wait(20)

    def resource() -> Iterator[None]:
        step("enter")
        try:
            yield
        finally:
            step("exit")

    @app.get("/")
    def read(resource: None = Depends(resource)) -> None:
        step("endpoint")

    fit(app)

    async def scenario() -> None:
        async with client_of(app) as client:
            with CancelScope() as scope:
                async with anyio.create_task_group() as group:
                    group.start_soon(client.get, "/")
                    await happens(lambda: blocked in steps)
                    scope.cancel()
                    release.set()
        assert steps == (["enter", "exit"] if blocked == "enter" else ["enter", "endpoint", "exit"])

    asyncio.run(scenario())


def test_a_call_that_fails_after_its_task_was_cancelled_is_nobody_s(install: Install, release: threading.Event) -> None:
    app = FastAPI()
    started = threading.Event()

    @app.get("/")
    def read() -> None:
        started.set()
        assert release.wait(20)
        raise RuntimeError("nobody hears this")

    runtime = install(app)

    async def scenario() -> None:
        complaints: list[object] = []
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: complaints.append(context))
        async with client_of(app) as client:
            first = asyncio.create_task(client.get("/"))
            await happens(started.is_set)
            first.cancel()
            await asyncio.wait([first])
            release.set()
            await happens(lambda: _threads(runtime) == (0, 0))
            assert (await client.get("/")).status_code == 500
        assert complaints == []

    asyncio.run(scenario())


def test_the_loop_may_close_while_a_call_runs(install: Install, release: threading.Event) -> None:
    app = FastAPI()
    started = threading.Event()

    @app.get("/")
    def read() -> None:
        started.set()
        assert release.wait(20)

    runtime = install(app)

    async def abandoned() -> None:
        async with client_of(app) as client:
            first = asyncio.create_task(client.get("/"))
            await happens(started.is_set)
            first.cancel()

    asyncio.run(abandoned())
    release.set()

    async def again() -> None:
        async with client_of(app) as client:
            assert (await client.get("/")).status_code == 200
            await happens(lambda: _threads(runtime) == (0, 0))

    asyncio.run(again())
    assert runtime.faults == 0


def test_refused_and_cancelled_in_the_same_turn_of_the_loop(install: Install, release: threading.Event) -> None:
    """The watchdog's refusal finds the future cancelled already; the request must not wait for it any more."""
    app = FastAPI()

    @app.get("/")
    def read() -> None:
        assert release.wait(20)

    runtime = install(app, threads=1, max_wait_s=1000.0)
    lane = runtime.thread_lane

    async def scenario() -> None:
        async with client_of(app) as client:
            first = asyncio.create_task(client.get("/"))
            await happens(lambda: _threads(runtime) == (1, 0))
            with CancelScope() as scope:
                async with anyio.create_task_group() as group:
                    group.start_soon(client.get, "/")
                    await happens(lambda: _threads(runtime) == (1, 1))
                    lane.max_wait_s = 1e-9
                    lane.tick(2**62)
                    scope.cancel()
            release.set()
            await first

    async def in_time() -> None:
        await asyncio.wait_for(scenario(), 10)

    asyncio.run(in_time())
