"""A cluster over any `concurrent.futures.Executor`: processes of this machine, or whatever keeps to that protocol."""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import BrokenExecutor
from typing import TYPE_CHECKING

from clearway.model import LaneError, WorkerLost
from clearway.runtime.lanes.clusters import Job, NotBegun, Report, code
from clearway.runtime.lanes.clusters.work import work

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor, Future


def _run(job: Job) -> Report:
    return work(job, f"process {os.getpid()}")


def _describe(modules: tuple[str, ...]) -> tuple[str, dict[str, str | None]]:
    return f"process {os.getpid()}", code.describe(modules)


class ExecutorCluster:
    """Runs jobs in an executor, and in a new one when that is broken. `make` makes one with `threads` workers."""

    def __init__(self, make: Callable[[], Executor], threads: int, address: str = "executor") -> None:
        self.address = address
        self.is_connected = False
        self.workers = self.threads = threads
        self.reconnects = 0
        self._make = make
        self._executor: Executor | None = None
        self._jobs: dict[str, Future[Report]] = {}
        self._withdrawn: set[str] = set()
        self._changed: Callable[[], None] = lambda: None

    async def start(self, changed: Callable[[], None]) -> None:
        """Make the executor."""
        self._changed = changed
        self._renew()

    def _renew(self) -> None:
        try:
            self._executor = self._make()
        except Exception as error:
            raise LaneError(f"cluster {self.address}: cannot make its executor: {error}") from error
        self.is_connected = True
        self._changed()

    async def run(self, job: Job) -> Report:
        """An executor never repeats what it was given, so there is nothing to guard."""
        executor = self._executor
        if executor is None:
            raise NotBegun
        try:
            running = executor.submit(_run, job)
        except (BrokenExecutor, RuntimeError) as error:
            self._broken(executor)
            raise NotBegun from error
        self._jobs[job.id] = running
        try:
            return await asyncio.wrap_future(running)
        except asyncio.CancelledError:
            if job.id in self._withdrawn:
                raise NotBegun from None
            running.cancel()
            raise
        except BrokenExecutor as error:
            self._broken(executor)
            raise WorkerLost(f"a worker of {self.address} ended: {error}") from error
        except Exception as error:
            raise LaneError(f"cluster {self.address} could not run {job.name}: {error}") from error
        finally:
            self._jobs.pop(job.id, None)
            self._withdrawn.discard(job.id)

    def _broken(self, executor: Executor) -> None:
        """All jobs of a broken executor are lost; the next ones get a new one."""
        if self._executor is executor:
            self._executor = None
            self.is_connected = False
            executor.shutdown(wait=False)
            self._renew()
            self.reconnects += 1

    async def withdraw(self, job: Job) -> bool:
        """An executor can cancel what it has not given to a worker."""
        running = self._jobs.get(job.id)
        if running is None or running.done():
            return False
        self._withdrawn.add(job.id)
        if running.cancel():
            return True
        self._withdrawn.discard(job.id)
        return False

    async def probe(self, modules: tuple[str, ...]) -> dict[str, dict[str, str | None]]:
        """Ask one worker: they are all alike."""
        if self._executor is None:
            return {}
        try:
            worker, found = await asyncio.wrap_future(self._executor.submit(_describe, modules))
        except Exception as error:
            raise LaneError(f"cluster {self.address}: its workers cannot import clearway: {error}") from error
        return {worker: found}

    async def stop(self) -> None:
        """End the executor without waiting for what runs."""
        self.abandon()

    def abandon(self) -> None:
        """Drop what waits; workers end when what they run has ended."""
        executor, self._executor = self._executor, None
        self.is_connected = False
        if executor is not None:
            executor.shutdown(wait=False, cancel_futures=True)
