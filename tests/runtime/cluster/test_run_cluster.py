"""`clearway run --cluster`: an embedded cluster, and a scheduler that is not there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.runtime.cluster.machines import free_port
from tests.served import Served

APP = """
import os
import clearway
from fastapi import FastAPI

app = FastAPI()

@app.get("/there")
@clearway.cluster
def there() -> int:
    return os.getpid()

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
