"""A Dask cluster for all tests here, and an app with a cluster lane over it or over an executor."""

from __future__ import annotations

import contextlib
import multiprocessing
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

import clearway
from clearway.model import Lane
from clearway.runtime.lanes.cluster import ClusterLane
from clearway.runtime.lanes.clusters.executor import ExecutorCluster
from clearway.settings import Settings
from tests.runtime.cluster.machines import Machines, machines
from tests.runtime.serving import client_of, happens

WORKERS = 2


@pytest.fixture(scope="package")
def dask_machines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machines]:
    with machines(tmp_path_factory.mktemp("dask"), WORKERS) as made:
        yield made


@pytest.fixture(params=["dask", "executor"])
def kind(request: pytest.FixtureRequest) -> str:
    """Which cluster; a test of one of them says so with `parametrize`."""
    return str(request.param)


class Scene:
    """An app in its lanes, and a client of it, on one loop."""

    def __init__(self, runtime: clearway.Runtime, client: httpx.AsyncClient, machines: Machines | None) -> None:
        self.runtime = runtime
        self.client = client
        self.machines = machines
        """None over an executor, which starts its workers anew by itself."""

    def revive(self) -> None:
        """Have as many workers again as there were. They are not waited for."""
        if self.machines is not None:
            self.machines.revive(WORKERS)

    @property
    def lane(self) -> ClusterLane:
        lane = self.runtime.remote_lanes[Lane.CLUSTER]
        assert isinstance(lane, ClusterLane)
        return lane

    @property
    def seen(self) -> dict[str, Any]:
        """The snapshot's row."""
        seen: dict[str, Any] = self.runtime.snapshot()["cluster"]
        return seen

    async def get(self, path: str, **parameters: Any) -> httpx.Response:
        return await self.client.get(path, params=parameters)


Playing = Callable[..., AbstractAsyncContextManager[Scene]]


@pytest.fixture
def playing(kind: str, request: pytest.FixtureRequest) -> Playing:
    """`async with playing(app, max_wait_s=1) as scene`: Clearway on the app, its cluster lane ready with 2 workers."""

    @contextlib.asynccontextmanager
    async def play(app: FastAPI, **settings: Any) -> AsyncIterator[Scene]:
        machines_: Machines | None = None
        if kind == "dask":
            machines_ = dask = request.getfixturevalue("dask_machines")
            dask.revive(WORKERS)
            settings["cluster"] = dask.address
        runtime = clearway.install(app, settings=Settings(**settings))
        if kind == "executor":
            runtime.remote_lanes[Lane.CLUSTER] = ClusterLane(runtime, ExecutorCluster(SharedProcesses, WORKERS))
        try:
            runtime.check()
            await runtime.start_lanes()
            async with client_of(app) as client:
                scene = Scene(runtime, client, machines_)
                await happens(lambda: scene.seen["workers"] == WORKERS, "both workers")
                yield scene
            assert runtime.faults == 0
        finally:
            await runtime.stop_lanes()
            runtime.uninstall()

    return play


class SharedProcesses(Executor):
    """Two processes for all tests here, since it takes a second to start them. Broken, they make way for others."""

    processes: ProcessPoolExecutor | None = None

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        cls = type(self)
        if cls.processes is not None:
            with contextlib.suppress(BrokenExecutor):
                return cls.processes.submit(fn, *args, **kwargs)
        cls.processes = ProcessPoolExecutor(WORKERS, mp_context=multiprocessing.get_context("spawn"))
        return cls.processes.submit(fn, *args, **kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """The next test goes on with them."""


@pytest.fixture(scope="package", autouse=True)
def _end_processes() -> Iterator[None]:
    yield
    if SharedProcesses.processes is not None:
        SharedProcesses.processes.shutdown()


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Where the tests' functions count their runs."""
    file = tmp_path / "runs"
    file.touch()
    return file


def runs(log: Path) -> list[str]:
    """The names of what has run so far, in order, each as often as it ran."""
    return [line.split()[0] for line in log.read_text().splitlines()]
