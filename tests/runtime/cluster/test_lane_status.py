"""What the cluster lane says when its workers come and go."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest
from fastapi import FastAPI

import clearway
from clearway.runtime.lanes.cluster import ClusterLane
from clearway.runtime.lanes.clusters.executor import ExecutorCluster
from clearway.settings import Settings


class Machines(ExecutorCluster):
    """A cluster whose workers are a number."""

    def __init__(self) -> None:
        super().__init__(lambda: pytest.fail("nothing is run here"), 0, "tcp://scheduler:8786")
        self.tell: Callable[[], None] = lambda: None

    async def start(self, changed: Callable[[], None]) -> None:
        self.tell = changed
        self.now(2)

    def now(self, workers: int | None) -> None:
        """So many workers; None where the scheduler is away."""
        self.is_connected = workers is not None
        self.workers = self.threads = workers or 0
        self.tell()


@pytest.mark.anyio
async def test_the_last_worker_s_going_is_said_once_and_so_is_the_next_one_s_coming(
    caplog: pytest.LogCaptureFixture,
) -> None:
    machines = Machines()
    runtime = clearway.install(FastAPI(), settings=Settings())
    lane = ClusterLane(runtime, machines)
    try:
        await lane.start()
        caplog.clear()
        with caplog.at_level(logging.WARNING, "clearway"):
            for workers in (1, 0, 0, 1, 2, None, 0, 1):
                machines.now(workers)
        address = "cluster tcp://scheduler:8786"
        assert [record.getMessage() for record in caplog.records] == [
            f"{address}: the last worker has gone; calls wait for another",
            f"{address}: a worker has come",
        ]
        assert lane.snapshot()["status"] == "connected"
    finally:
        await lane.stop()
        runtime.uninstall()
