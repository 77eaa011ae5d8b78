"""A worker that dies fails its own call and nothing else, and it is said how it died."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from fastapi import FastAPI, Request
from starlette.responses import JSONResponse, Response

import clearway
from clearway.model import Lane, WorkerLost
from tests.runtime.process import work
from tests.runtime.process.conftest import is_alive
from tests.runtime.serving import AnyApp, Server, happens, until

Install = Callable[..., clearway.Runtime]
Serve = Callable[[AnyApp], Server]


def _app(*functions: Callable[..., object]) -> FastAPI:
    app = FastAPI()
    for function in functions:
        app.get(f"/{function.__name__}")(function)
    return app


def _pinned(*functions: Callable[..., object]) -> dict[str, Lane]:
    return {f"{function.__module__}:{function.__name__}": Lane.PROCESS for function in functions}


def _said(runtime: clearway.Runtime) -> list[str]:
    lines: list[str] = []
    runtime.stall_report.say = lines.append
    return lines


def test_a_worker_that_dies_fails_its_call_alone(install: Install, serve: Serve) -> None:
    app = _app(work.segfault, work.leave, work.pid)
    runtime = install(app, processes=1, pins=_pinned(work.segfault, work.leave, work.pid))
    lines = _said(runtime)
    server = serve(app)
    expected = []
    for name, how in (("segfault", "was killed by signal SIGSEGV"), ("leave", "ended with exit code 3")):
        dead = server.ask("/pid").json()
        assert server.ask(f"/{name}").status_code == 500
        assert server.ask("/pid").json() != dead
        loss = runtime.snapshot()["losses"]["latest"][-1]
        assert loss["reason"] == f"worker {dead} {how}"
        assert (loss["lane"], loss["route"]) == ("process", f"GET /{name}")
        expected.append(f"lost  GET /{name}  {work.__name__}:{name}  worker {dead} {how}")
    assert [line for line in lines if line.startswith("lost")] == expected
    assert runtime.snapshot()["processes"]["lost"] == runtime.snapshot()["losses"]["count"] == 2
    assert runtime.loss_report.summary()[:2] == [
        "lost: 2 calls",
        f"       1 ×  {work.__name__}:segfault  worker was killed by signal SIGSEGV",
    ]
    assert runtime.faults == 0


def test_the_app_s_own_handler_sees_the_loss(install: Install, serve: Serve) -> None:
    app = _app(work.leave)

    @app.exception_handler(WorkerLost)
    async def lost(request: Request, error: Exception) -> Response:
        return JSONResponse({"lost": str(error).partition(":")[2].split()[-1]}, status_code=502)

    install(app, processes=1, pins=_pinned(work.leave))
    answer = serve(app).ask("/leave")
    assert (answer.status_code, answer.json()) == (502, {"lost": "3"})


@pytest.mark.parametrize("serve", ["uvloop"], indirect=True)
def test_workers_killed_under_load_cost_their_own_calls(install: Install, serve: Serve, tmp_path: Path) -> None:
    """Every request is answered, and one that failed stands for one worker that was killed."""
    app = _app(work.count)
    runtime = install(app, processes=2, pins=_pinned(work.count))
    server = serve(app)
    counted = tmp_path / "counted"

    async def scenario() -> list[int]:
        async with server.async_client() as client:
            asked = [asyncio.create_task(client.get("/count", params={"path": str(counted)})) for _ in range(150)]
            for kills in range(1, 3):
                await happens(partial(_has_counted, counted, 10 * kills))
                await happens(lambda: len(_pids(runtime)) == 2)
                victim = _pids(runtime)[0]
                os.kill(victim, signal.SIGKILL)
                await happens(partial(_is_replaced, runtime, victim))
            return [answer.status_code for answer in await asyncio.gather(*asked)]

    answers = asyncio.run(scenario())
    losses = runtime.snapshot()["losses"]
    assert len(answers) == 150
    assert answers.count(500) == losses["count"] <= 2
    assert answers.count(200) == 150 - losses["count"]
    # Nothing ran twice: what was sent to a dead worker again had not begun.
    assert 150 - losses["count"] <= counted.stat().st_size <= 150
    assert all("SIGKILL" in loss["reason"] for loss in losses["latest"])
    assert runtime.snapshot()["processes"]["busy"] == runtime.snapshot()["processes"]["queued"] == 0
    assert runtime.faults == 0


def _has_counted(counted: Path, at_least: int) -> bool:
    return counted.exists() and counted.stat().st_size > at_least


def _pids(runtime: clearway.Runtime) -> list[int]:
    pids: list[int] = runtime.snapshot()["processes"]["pids"]
    return pids


def _is_replaced(runtime: clearway.Runtime, victim: int) -> bool:
    pids = _pids(runtime)
    return victim not in pids and len(pids) == 2


def test_an_idle_worker_that_was_killed_is_replaced_and_nobody_notices(install: Install, serve: Serve) -> None:
    app = _app(work.pid)
    runtime = install(app, processes=1, pins=_pinned(work.pid))
    server = serve(app)
    before = server.ask("/pid").json()
    os.kill(before, signal.SIGKILL)
    answer = server.ask("/pid")
    assert answer.status_code == 200
    assert answer.json() != before
    assert runtime.snapshot()["losses"]["count"] == 0


def test_a_worker_that_left_a_process_with_its_socket_is_missed_all_the_same(
    install: Install, serve: Serve, tmp_path: Path
) -> None:
    app = _app(work.fork, work.pid)
    install(app, processes=1, pins=_pinned(work.fork, work.pid))
    server = serve(app)
    left = tmp_path / "left"
    try:
        assert server.ask("/fork", params={"path": str(left)}).status_code == 500
        assert server.ask("/pid").status_code == 200
    finally:
        os.kill(int(left.read_text()), signal.SIGKILL)


def test_a_call_that_takes_too_much_memory_is_ended(install: Install, serve: Serve) -> None:
    functions = (work.grow, work.pid, work.hold, work.reserve)
    app = _app(*functions)
    runtime = install(app, processes=1, process_memory_mb=300, pins=_pinned(*functions))
    server = serve(app)
    assert server.ask("/reserve").json() > 300, "address space is no memory: a limit of that would be a false alarm"
    assert server.ask("/hold?megabytes=40").json() == 40 << 20
    dead = server.ask("/pid").json()
    assert server.ask("/grow").status_code == 500
    (loss,) = runtime.snapshot()["losses"]["latest"]
    assert loss["reason"].startswith(f"worker {dead} used ")
    assert loss["reason"].endswith("MB, more than 300 MB (process_memory)")
    until(lambda: not is_alive(dead), "the worker's end")
    assert server.ask("/pid").status_code == 200
    assert runtime.snapshot()["processes"]["killed"] == 1
