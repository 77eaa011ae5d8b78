"""How many calls run at once, and whose turn it is."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator

import httpx
from fastapi import Depends, FastAPI
from fastapi.responses import StreamingResponse

import clearway
from clearway.settings import RouteLimits
from tests.runtime.serving import Ticks, client_of, happens, route_in

Install = Callable[..., clearway.Runtime]
Calls = list[asyncio.Task[httpx.Response]]


class Busy:
    """Counts who is inside."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.now = 0
        self.peak = 0
        self.total = 0

    def __enter__(self) -> None:
        with self._lock:
            self.now += 1
            self.total += 1
            self.peak = max(self.peak, self.now)

    def __exit__(self, *error: object) -> None:
        with self._lock:
            self.now -= 1


def _ask(client: httpx.AsyncClient, path: str, count: int) -> Calls:
    return [asyncio.create_task(client.get(path)) for _ in range(count)]


async def _all_fine(calls: Calls) -> None:
    assert {response.status_code for response in await asyncio.gather(*calls)} == {200}


def test_no_more_calls_of_a_route_than_threads(install: Install, release: threading.Event) -> None:
    app, busy = FastAPI(), Busy()

    @app.get("/")
    def read() -> None:
        with busy:
            assert release.wait(20)

    runtime = install(app, threads=8)

    async def scenario() -> None:
        async with client_of(app) as client:
            calls = _ask(client, "/", 20)
            await happens(lambda: busy.now == 8)
            await Ticks().pass_by(15)
            threads = runtime.snapshot()["threads"]
            assert (busy.now, threads["busy"], threads["queued"]) == (8, 8, 12)
            assert route_in(runtime, "GET /")["queued"] == 12
            release.set()
            await _all_fine(calls)
        assert busy.peak == 8

    asyncio.run(scenario())


def test_calls_that_compute_run_few_at_once(install: Install) -> None:
    app, busy = FastAPI(), Busy()

    @app.get("/")
    def compute() -> int:
        with busy:
            return sum(number * number for number in range(100_000))

    install(app)

    async def scenario() -> None:
        async with client_of(app) as client:
            for _ in range(2):  # in which Clearway learns that they compute
                await _all_fine(_ask(client, "/", 16))
            busy.peak = 0
            await _all_fine(_ask(client, "/", 16))
            assert busy.peak <= 8  # of 16; on a quiet machine it is 1 to 3

    asyncio.run(scenario())


def test_calls_that_compute_do_not_keep_those_that_wait_from_running(
    install: Install, release: threading.Event
) -> None:
    app, waiting = FastAPI(), Busy()
    stop = threading.Event()

    @app.get("/compute")
    def compute() -> None:
        while not stop.is_set():
            sum(range(1000))

    @app.get("/wait")
    def wait() -> None:
        with waiting:
            assert release.wait(20)

    install(app)

    async def scenario() -> None:
        async with client_of(app) as client:
            computing = _ask(client, "/compute", 4)
            calls = _ask(client, "/wait", 2)
            await happens(lambda: waiting.now >= 1)
            release.set()
            await _all_fine(calls)
            stop.set()
            await _all_fine(computing)

    try:
        asyncio.run(scenario())
    finally:
        stop.set()


def test_a_route_with_hundreds_waiting_does_not_delay_another(install: Install, release: threading.Event) -> None:
    app, busy = FastAPI(), Busy()

    @app.get("/crowded")
    def crowded() -> None:
        with busy:
            assert release.wait(20)

    def token() -> str:
        return "token"

    @app.get("/single", response_model=str)
    def single(token: str = Depends(token)) -> str:
        return token

    runtime = install(app, threads=8)

    async def scenario() -> None:
        async with client_of(app) as client:
            calls = _ask(client, "/crowded", 500)
            await happens(lambda: busy.now == 8 and runtime.snapshot()["threads"]["queued"] == 492)
            assert (await client.get("/single")).json() == "token"
            assert busy.now == 8
            assert busy.total == 8
            release.set()
            await _all_fine(calls)

    asyncio.run(scenario())


def test_a_share_keeps_threads_free_for_its_route(install: Install, release: threading.Event) -> None:
    app, greedy_busy, guarded_busy = FastAPI(), Busy(), Busy()

    @app.get("/greedy")
    def greedy() -> None:
        with greedy_busy:
            assert release.wait(20)

    @app.get("/guarded")
    def guarded() -> None:
        with guarded_busy:
            assert release.wait(20)

    runtime = install(app, threads=6, routes={"GET /guarded": RouteLimits(share=0.5)})

    async def scenario() -> None:
        async with client_of(app) as client:
            calls = _ask(client, "/greedy", 20)
            await happens(lambda: greedy_busy.now == 3)
            await Ticks().pass_by(10)
            assert greedy_busy.now == 3
            calls += _ask(client, "/guarded", 5)
            await happens(lambda: guarded_busy.now == 3)
            await Ticks().pass_by(10)
            assert runtime.snapshot()["threads"]["busy"] == 6
            release.set()
            await _all_fine(calls)

    asyncio.run(scenario())


def test_a_limit_holds_for_its_route_and_no_other(install: Install, release: threading.Event) -> None:
    app, limited_busy, free_busy = FastAPI(), Busy(), Busy()

    @app.get("/limited")
    def limited() -> None:
        with limited_busy:
            assert release.wait(20)

    @app.get("/free")
    def free() -> None:
        with free_busy:
            assert release.wait(20)

    install(app, routes={"GET /limited": RouteLimits(limit=2)})

    async def scenario() -> None:
        async with client_of(app) as client:
            calls = _ask(client, "/limited", 10) + _ask(client, "/free", 10)
            await happens(lambda: (limited_busy.now, free_busy.now) == (2, 10))
            await Ticks().pass_by(10)
            assert limited_busy.now == 2
            release.set()
            await _all_fine(calls)
        assert limited_busy.peak == 2

    asyncio.run(scenario())


def test_a_limit_does_not_keep_a_request_from_finishing(install: Install) -> None:
    app, inside = FastAPI(), Busy()

    def resource() -> Iterator[str]:
        yield "resource"

    def chunks(text: str) -> Iterator[str]:
        yield from text

    @app.get("/")
    def read(resource: str = Depends(resource)) -> StreamingResponse:
        with inside:
            return StreamingResponse(chunks(resource))

    install(app, threads=1, routes={"GET /": RouteLimits(limit=1)})

    async def scenario() -> None:
        async with client_of(app) as client:
            calls = _ask(client, "/", 20)
            await _all_fine(calls)
            assert {call.result().text for call in calls} == {"resource"}
        assert inside.peak == 1

    asyncio.run(scenario())
