"""`clearway run --cluster`: an embedded cluster, and a scheduler that is not there."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.runtime.cluster.machines import free_port
from tests.served import Served, until

APP = """
import os
import time
from pathlib import Path
import clearway
from fastapi import FastAPI

app = FastAPI()

@app.get("/there")
@clearway.cluster
def there() -> int:
    return os.getpid()

@app.get("/held")
@clearway.cluster
def held() -> str:
    Path("begun").touch()
    while not Path("gate").exists():
        time.sleep(0.01)
    return "to its end"

@app.get("/here")
async def here() -> int:
    return os.getpid()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "shop.py").write_text(APP)
    return tmp_path


@pytest.fixture
def started(folder: Path) -> Iterator[list[Served]]:
    servers: list[Served] = []
    yield servers
    for server in servers:
        server.kill()


def test_local_is_a_cluster_of_processes_beside_the_app(folder: Path, started: list[Served]) -> None:
    """Its workers find a module that lies beside the app, and end with it."""
    arguments = ["shop.py", "--port", "0", "--no-console", "--cluster", "local", "--processes", "1"]
    started.append(Served(arguments, folder))
    served = started[0]
    assert served.line(r"cluster  (.*)")[1] == "local: 1 worker, 1 thread"
    there, here = served.get("/there").json(), served.get("/here").json()
    assert here == served.process.pid
    assert there != here
    assert served.stop() == 0
    assert not Path(f"/proc/{there}").exists()


def test_a_call_on_a_local_cluster_ends_before_the_server_does(folder: Path, started: list[Served]) -> None:
    """A Ctrl-C in a terminal goes to all processes there: the workers leave it to the server."""
    arguments = ["shop.py", "--port", "0", "--no-console", "--cluster", "local", "--processes", "1"]
    started.append(Served(arguments, folder))
    served = started[0]
    with ThreadPoolExecutor(1) as pool:
        asking = pool.submit(served.get, "/held")
        until(lambda: (folder / "begun").exists(), "it runs")
        served.ctrl_c()
        served.line("stopping: up to 30 s for 1 request")
        (folder / "gate").touch()
        assert asking.result().json() == "to its end"
    assert served.wait() == 0
    assert served.out[-1] == "stopped: 0 requests cut off"


def test_a_second_ctrl_c_ends_a_local_cluster_without_its_tracebacks(folder: Path, started: list[Served]) -> None:
    arguments = ["shop.py", "--port", "0", "--no-console", "--cluster", "local", "--processes", "1"]
    started.append(Served(arguments, folder))
    served = started[0]
    asking = served.start_get("/held")
    until(lambda: (folder / "begun").exists(), "it runs")
    served.ctrl_c()
    served.line("stopping: up to 30 s for 1 request")
    served.ctrl_c()
    assert served.wait() == 0
    asking.join()
    assert served.out[-1] == "stopped: 1 request cut off"
    assert not [line for line in served.err if "Traceback" in line]


def test_a_scheduler_that_is_not_there_is_told_in_one_line(
    folder: Path, started: list[Served], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT", "0.3s")
    address = f"tcp://127.0.0.1:{free_port()}"
    started.append(Served(["shop.py", "--port", "0", "--no-console", "--cluster", address], folder))
    served = started[0]
    assert served.wait() == 2
    (line,) = served.err
    assert line.startswith(f"clearway: shop.py failed to start: cluster {address}: no scheduler answers there")


def test_a_pin_without_a_cluster_says_what_to_add(folder: Path, started: list[Served]) -> None:
    started.append(Served(["shop.py", "--port", "0", "--no-console"], folder))
    served = started[0]
    assert served.wait() == 2
    (line,) = served.err
    assert line.startswith(
        "clearway: GET /there: shop:there is meant for the cluster lane: no cluster is set; add --clu"
    )
