"""What ends a call before it is done: its time, its client, its caller; and who may run when many want to."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi import BackgroundTasks, FastAPI

import clearway
from clearway.model import Lane, WorkerLost
from clearway.settings import RouteLimits
from tests.runtime.process import work
from tests.runtime.process.conftest import is_alive
from tests.runtime.serving import AnyApp, Server, Ticks, client_of, happens, route_in, until

Install = Callable[..., clearway.Runtime]
Serve = Callable[[AnyApp], Server]
PINS = {f"{work.__name__}:{name}": Lane.PROCESS for name in ("pid", "double", "block", "start_child")}


def _app() -> FastAPI:
    app = FastAPI()
    for function in (work.pid, work.double, work.block, work.start_child):
        app.get(f"/{function.__name__}")(function)
    return app


def _pids(path: Path) -> int:
    return int(path.read_text())


def test_a_call_beyond_max_run_is_answered_with_504_and_ended_with_all_that_it_started(
    install: Install, serve: Serve, tmp_path: Path
) -> None:
    app = _app()
    runtime = install(app, processes=1, max_run_s=0.5, pins=PINS)
    server = serve(app)
    answer = server.ask("/block", params={"path": str(tmp_path / "pid")})
    assert (answer.status_code, answer.json()) == (504, {"detail": "The call ran longer than 0.5 s"})
    until(lambda: not is_alive(_pids(tmp_path / "pid")), "the worker's end")
    assert server.ask("/double?number=4").json() == 8
    assert server.ask("/start_child", params={"path": str(tmp_path / "child")}).status_code == 504
    until(lambda: not is_alive(_pids(tmp_path / "child")), "the end of what the worker had started")
    loss, _ = runtime.snapshot()["losses"]["latest"]
    assert route_in(runtime, "GET /block")["run_ms"]["max"] >= 450, "its time is the call's own, not the framework's"
    assert loss["reason"] == "ran longer than 0.5 s (max_run)"


def test_a_call_that_waits_beyond_max_wait_is_refused(install: Install, serve: Serve, tmp_path: Path) -> None:
    app = _app()
    runtime = install(app, processes=1, max_wait_s=0.3, pins=PINS)
    server = serve(app)
    path = tmp_path / "pid"

    async def scenario() -> None:
        async with server.async_client() as client:
            running = asyncio.create_task(client.get("/block", params={"path": str(path)}))
            await happens(path.exists)
            refused = await client.get("/double?number=1")
            assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
            assert refused.json() == {"detail": "No worker was free within 0.3 s"}
            (tmp_path / "go").touch()
            assert (await running).json() == _pids(path)

    asyncio.run(scenario())
    assert route_in(runtime, "GET /double")["refused"] == 1
    assert runtime.snapshot()["processes"]["killed"] == 0


@pytest.mark.parametrize("serve", ["asyncio", "uvloop"], indirect=True)
def test_the_worker_of_a_client_that_has_gone_is_ended(install: Install, serve: Serve, tmp_path: Path) -> None:
    app = _app()
    runtime = install(app, processes=1, pins=PINS)
    server = serve(app)
    path = tmp_path / "pid"
    running = server.connect()
    running.sendall(f"GET /block?path={path} HTTP/1.1\r\nhost: x\r\n\r\n".encode())
    until(path.exists)
    waiting = server.connect()
    waiting.sendall(b"GET /double?number=1 HTTP/1.1\r\nhost: x\r\n\r\n")
    until(lambda: runtime.snapshot()["processes"]["queued"] == 1)
    assert route_in(runtime, "GET /double")["queued"] == 1
    waiting.close()
    until(lambda: runtime.snapshot()["processes"]["queued"] == 0)
    assert is_alive(_pids(path)), "who waits is taken out of the line, and no more"
    running.close()
    until(lambda: not is_alive(_pids(path)), "the worker's end")
    until(lambda: runtime.snapshot()["requests"]["in_flight"] == 0)
    assert server.ask("/double?number=2").json() == 4
    assert [loss["reason"] for loss in runtime.snapshot()["losses"]["latest"]] == ["client gone"]
    assert runtime.faults == 0


def test_a_background_task_goes_on_when_its_client_has_gone(install: Install, serve: Serve, tmp_path: Path) -> None:
    app = FastAPI()

    @app.get("/")
    async def later(tasks: BackgroundTasks) -> None:
        tasks.add_task(work.block, str(tmp_path / "pid"))

    runtime = install(app, processes=1, max_wait_s=0.1, pins=PINS)
    server = serve(app)
    connection = server.connect()
    connection.sendall(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
    assert connection.recv(65536).startswith(b"HTTP/1.1 200")
    connection.close()
    path = tmp_path / "pid"
    until(path.exists)
    ends = asyncio.run(_three_looks(runtime, path))
    assert ends == [True] * 3
    (tmp_path / "go").touch()
    until(lambda: runtime.snapshot()["processes"]["busy"] == 0)
    assert runtime.snapshot()["losses"]["count"] == 0


async def _three_looks(runtime: clearway.Runtime, path: Path) -> list[bool]:
    """Whether the worker lives, each time after the lane has looked at its calls a few times."""
    looks = []
    for _ in range(3):
        await Ticks().pass_by(15)
        looks.append(is_alive(_pids(path)))
    return looks


@pytest.mark.parametrize("way", ["timeout", "cancel"])
def test_a_cancelled_offload_ends_its_worker(install: Install, serve: Serve, tmp_path: Path, way: str) -> None:
    app = FastAPI()
    path = tmp_path / "pid"

    @app.get("/")
    async def read() -> str:
        offloaded = asyncio.ensure_future(clearway.offload(work.block, str(path), lane="process"))
        await happens(path.exists)
        if way == "cancel":
            offloaded.cancel()
        try:
            async with asyncio.timeout(0 if way == "timeout" else None):
                await offloaded
        except (TimeoutError, asyncio.CancelledError) as error:
            return type(error).__name__
        return "done"

    runtime = install(app, processes=1)
    server = serve(app)
    assert server.ask("/").json() == ("TimeoutError" if way == "timeout" else "CancelledError")
    until(lambda: not is_alive(_pids(path)), "the worker's end")
    assert runtime.snapshot()["losses"]["latest"][0]["reason"] == "cancelled"


def test_max_run_reaches_an_offload_as_a_lost_worker(install: Install, serve: Serve, tmp_path: Path) -> None:
    app = FastAPI()

    @app.get("/")
    async def read() -> str:
        try:
            await clearway.offload(work.block, str(tmp_path / "pid"), lane="process")
        except WorkerLost as error:
            return str(error)
        return "done"

    install(app, processes=1, max_run_s=0.3)
    assert serve(app).ask("/").json() == "504: The call ran longer than 0.3 s"


def test_a_hundred_at_once_are_all_answered_and_never_more_than_processes_run(install: Install, serve: Serve) -> None:
    app = _app()
    runtime = install(app, processes=2, pins=PINS)
    server = serve(app)

    async def scenario() -> None:
        async with server.async_client() as client:
            answers = await asyncio.gather(*(client.get(f"/double?number={n}") for n in range(100)))
            assert [answer.json() for answer in answers] == [n * 2 for n in range(100)]
            pids = {(await client.get("/pid")).json() for _ in range(3)}
            assert pids <= set(runtime.snapshot()["processes"]["pids"])

    asyncio.run(scenario())
    assert runtime.snapshot()["processes"]["live"] == 2
    assert os.getpid() not in runtime.snapshot()["processes"]["pids"]


def test_a_route_with_many_waiting_calls_does_not_delay_one_with_a_single_call(
    install: Install, tmp_path: Path
) -> None:
    app = FastAPI()
    order: list[str] = []
    app.get("/block")(work.block)
    app.get("/many/{path:path}")(work.announce)
    app.get("/single/{path:path}")(work.announce)
    pins = {f"{work.__name__}:{name}": Lane.PROCESS for name in ("announce", "block")}
    runtime = install(app, processes=1, pins=pins)

    async def scenario() -> None:
        async with client_of(app) as client:

            async def ask(name: str, number: int) -> None:
                await client.get(f"/{name}/{tmp_path / f'{name}{number}'}")
                order.append(name)

            first = asyncio.create_task(client.get("/block", params={"path": str(tmp_path / "first")}))
            await happens((tmp_path / "first").exists)
            asked = [asyncio.create_task(ask("many", number)) for number in range(20)]
            await happens(lambda: runtime.snapshot()["processes"]["queued"] == 20)
            asked.append(asyncio.create_task(ask("single", 0)))
            await happens(lambda: runtime.snapshot()["processes"]["queued"] == 21)
            (tmp_path / "go").touch()
            await asyncio.gather(first, *asked)

        await runtime.stop_lanes()

    asyncio.run(scenario())
    assert order.index("single") <= 2


def test_a_route_s_limit_counts_here_too(install: Install, serve: Serve, tmp_path: Path) -> None:
    app = _app()
    runtime = install(app, processes=2, pins=PINS, routes={"GET /block": RouteLimits(limit=1)})
    server = serve(app)

    async def scenario() -> None:
        async with server.async_client() as client:
            asked = [asyncio.create_task(client.get("/block", params={"path": str(tmp_path / name)})) for name in "ab"]
            await happens((tmp_path / "a").exists)
            assert (await client.get("/double?number=3")).json() == 6
            assert runtime.snapshot()["processes"]["queued"] == 1
            (tmp_path / "go").touch()
            assert {answer.status_code for answer in await asyncio.gather(*asked)} == {200}

    asyncio.run(scenario())
