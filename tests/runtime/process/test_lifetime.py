"""Workers come and go with their server, however it ends, and what cannot start says why."""

from __future__ import annotations

import asyncio
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from unittest.mock import Mock

import httpx
import pytest
from fastapi import FastAPI

import clearway
from clearway.model import Lane
from clearway.runtime.lanes.processes import workers
from clearway.runtime.lanes.processes.child_main import Setup
from tests.runtime.process import work
from tests.runtime.process.conftest import is_alive, processes_of
from tests.runtime.serving import AnyApp, Server, ask, happens
from tests.runtime.serving import until as happened
from tests.served import PATIENCE_S, Served, until

ServiceOf = Callable[..., Served]


def _run(source: str, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`clearway run` where it is expected to give up by itself."""
    (folder / "app.py").write_text(source)
    command = [sys.executable, "-m", "clearway", "run", "app.py", "--port", "0", "--no-console", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=PATIENCE_S, check=False)


def _begin_call(service: Served, path: Path, seconds: float = 600) -> threading.Thread:
    asking = service.start_get(f"/sleep?seconds={seconds}&path={path}")
    until(lambda: path.exists() and path.read_text(), "the call's begin")
    return asking


def test_ctrl_c_in_a_terminal_lets_a_running_call_finish_and_leaves_nobody(
    service_of: ServiceOf, tmp_path: Path
) -> None:
    service = service_of("--processes", "1")
    pids = processes_of(service)["pids"]
    answers: list[httpx.Response] = []
    path = tmp_path / "pid"
    asking = threading.Thread(target=lambda: answers.append(service.get(f"/sleep?seconds=1&path={path}")), daemon=True)
    asking.start()
    until(lambda: path.exists() and path.read_text(), "the call's begin")
    service.ctrl_c()
    asking.join()
    assert answers[0].json() in pids
    assert service.wait() == 0
    assert service.out[-1] == "stopped: 0 requests cut off"
    assert [pid for pid in pids if is_alive(pid)] == []


def test_a_call_longer_than_the_grace_is_cut_off_with_its_worker(service_of: ServiceOf, tmp_path: Path) -> None:
    service = service_of("--processes", "1", "--grace", "0.2")
    _begin_call(service, tmp_path / "pid")
    assert service.stop() == 0
    assert service.out[-1] == "stopped: 1 request cut off"
    assert not is_alive(int((tmp_path / "pid").read_text()))


def test_workers_do_not_outlive_a_server_that_was_killed(service_of: ServiceOf, tmp_path: Path) -> None:
    service = service_of("--processes", "2")
    pids = processes_of(service)["pids"]
    _begin_call(service, tmp_path / "pid")
    service.signal(signal.SIGKILL)
    for pid in pids:
        until(lambda: not is_alive(pid), f"the end of worker {pid}")  # noqa: B023 (called here and now)


def test_each_serving_process_has_workers_of_its_own(service_of: ServiceOf) -> None:
    service = service_of("--workers", "2", "--processes", "1")
    serving = service.workers(2)

    def workers_of_all() -> set[int] | None:
        lanes = [service.snapshot(worker)["processes"] for worker in serving]
        assert [lane["limit"] for lane in lanes] == [1, 1]
        pids = {pid for lane in lanes for pid in lane["pids"]}
        return pids if len(pids) == 2 else None

    pids = until(workers_of_all, "a worker of each process")
    assert service.get("/pid").json() in pids
    assert service.stop() == 0
    assert [pid for pid in pids if is_alive(pid)] == []


IMPORTS = "from fastapi import FastAPI, Request\nimport clearway, multiprocessing\napp = FastAPI()\n"


@pytest.mark.parametrize(
    ("source", "says"),
    [
        (
            "@app.get('/')\n@clearway.process\ndef read(request: Request): ...",
            r"clearway: GET /: app:read cannot run in the process lane \(pinned by @clearway.process\): "
            r"it takes 'request', a Request, which cannot be sent to another process; "
            r"use the thread lane, or pass what it needs of it",
        ),
        (
            "@app.get('/')\n@clearway.process\nasync def read(): ...",
            r"clearway: GET /: app:read is pinned to the process lane, but is an async def, which runs on the loop; "
            r"write it as a def",
        ),
        (
            "@app.get('/')\n@clearway.process\ndef read(): ...\n"
            "if multiprocessing.current_process().name != 'MainProcess': 1 / 0",
            r"clearway: app.py failed to start: .*the process lane has no worker: a worker could not get ready: "
            r"ZeroDivisionError: division by zero \(\S*app.py:7\)",
        ),
    ],
    ids=["parameter", "async def", "import"],
)
def test_what_cannot_start_says_why_in_one_line(tmp_path: Path, source: str, says: str) -> None:
    done = _run(IMPORTS + source, tmp_path, "--processes", "1")
    assert done.returncode == 2
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert re.fullmatch(says, line)


MAIN = """
import os, threading, time
import httpx, uvicorn
from fastapi import FastAPI
from pydantic import BaseModel
import clearway
from clearway.settings import Settings
{relative}

class Point(BaseModel):
    x: int

app = FastAPI()

@app.get("/")
@clearway.process
def read(x: int) -> Point:
    assert os.getpid() != int(os.environ["SERVER"])
    return Point(x=x + STEP)

clearway.install(app, settings=Settings(processes=1))

def main() -> None:
    os.environ["SERVER"] = str(os.getpid())
    config = uvicorn.Config(app, port=0, log_level="critical", fd=None)
    server = uvicorn.Server(config)

    def ask() -> None:
        while not server.started:
            time.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        print(httpx.get(f"http://127.0.0.1:{{port}}/?x=1", timeout=20).text)
        server.should_exit = True

    threading.Thread(target=ask, daemon=True).start()
    server.run()

{start}
"""
GUARDED = "if __name__ == '__main__':\n    main()"


@pytest.mark.parametrize("way", ["file", "module"])
def test_functions_of_the_main_module_are_found(tmp_path: Path, way: str) -> None:
    package = tmp_path / "package"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "step.py").write_text("STEP = 2")
    relative = "from .step import STEP" if way == "module" else "STEP = 2"
    (package / "serve.py").write_text(MAIN.format(relative=relative, start=GUARDED))
    command = ["-m", "package.serve"] if way == "module" else ["package/serve.py"]
    done = subprocess.run(
        [sys.executable, *command], cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    assert done.stdout == '{"x":3}\n', done.stderr


def test_a_main_module_without_a_guard_is_told_so_and_starts_nothing(tmp_path: Path) -> None:
    (tmp_path / "serve.py").write_text(MAIN.format(relative="STEP = 2", start="main()"))
    done = subprocess.run(
        [sys.executable, "serve.py"], cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    assert done.stdout == ""
    assert done.returncode != 0


def test_calls_that_come_before_any_worker_is_born_get_one_each(monkeypatch: pytest.MonkeyPatch) -> None:
    born: list[Unborn] = []

    class Unborn:
        """A worker process that is never ready."""

        is_ready = False

        def __init__(self) -> None:
            born.append(self)

        def attach(self, *arguments: object) -> None: ...

    monkeypatch.setattr(workers, "Child", Unborn)

    async def scenario() -> int:
        waiting = 0
        setup = Setup([], {}, (), 0, {})
        some = workers.Workers(asyncio.get_running_loop(), 3, Mock(), Mock(), lambda: waiting, Mock())
        some.setup = lambda: setup
        for waiting in (1, 2, 3, 4):  # noqa: B007 - read by the lambda
            some.fill()
        await happens(lambda: len(some.all) == 3, "three workers")
        await asyncio.sleep(0)
        return len(born)

    assert asyncio.run(scenario()) == 3  # as many as may be, and no more


def test_a_worker_without_work_ends_and_one_stays(
    install: Callable[..., clearway.Runtime],
    serve: Callable[[AnyApp], Server],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = FastAPI()
    app.get("/pid")(work.pid)
    runtime = install(app, processes=2, pins={f"{work.__name__}:pid": Lane.PROCESS})
    server = serve(app)
    pids = runtime.snapshot()["processes"]["pids"]
    assert len(pids) == 2
    monkeypatch.setattr(workers, "IDLE_S", 0.0)
    kept = server.ask("/pid").json()
    (ended,) = set(pids) - {kept}
    happened(lambda: not is_alive(ended), "the end of the other")
    assert runtime.snapshot()["processes"]["pids"] == [kept]
    assert server.ask("/pid").json() == kept
    assert runtime.snapshot()["losses"]["count"] == 0


def test_uninstalling_ends_the_workers_of_a_loop_that_has_gone(install: Callable[..., clearway.Runtime]) -> None:
    app = FastAPI()
    app.get("/pid")(work.pid)
    runtime = install(app, processes=1, pins={f"{work.__name__}:pid": Lane.PROCESS})
    first, second = ask(app, "/pid").json(), ask(app, "/pid").json()  # each on a loop of its own, without a lifespan
    assert first != second
    assert not is_alive(first), "the first loop's worker ends when the second loop's begins"
    runtime.uninstall()
    assert not is_alive(second)
