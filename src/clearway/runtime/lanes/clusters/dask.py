"""A Dask cluster: a scheduler that the user runs, or one embedded in this process with workers beside it."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import pickle
import random
from typing import TYPE_CHECKING, Any

from clearway.model import LaneError, WorkerLost, counted
from clearway.runtime.lanes.clusters import Job, NotBegun, Report, Verdict, code, connections
from clearway.runtime.lanes.remote.errors import one_line

if TYPE_CHECKING:
    from collections.abc import Callable

_log = logging.getLogger("clearway")

LOCAL = "local"
BACKOFF_S = (0.1, 5.0)
RELEASE_S = 0.05
PROBED = 16
"""How many workers are asked at the start which code they have."""
_GONE = "the connection to the scheduler was lost while the call was away"


class DaskCluster:
    """`address` is `tcp://HOST:PORT`, `tls://HOST:PORT`, or `local` for `processes` workers of one thread each."""

    def __init__(self, address: str, processes: int) -> None:
        connections.package()
        self.address = address
        self.is_connected = False
        self.workers = self.threads = 0
        self.reconnects = 0
        self._processes = processes
        # Dask's own types are known in part only, so they are not told here.
        self._client: Any = None
        self._local: Any = None
        self._keeper: asyncio.Task[None] | None = None
        self._away: dict[str, asyncio.Future[Report]] = {}
        """For each job that was sent, what its `run` waits for."""
        self._changed: Callable[[], None] = lambda: None
        self._closing: set[asyncio.Future[None]] = set()
        self._bringing: set[asyncio.Task[None]] = set()
        """Never cancelled while their client lives: Dask fetches the results of several futures by one request, which
        would be cancelled with the first, and with it those of all others."""
        self._spent: list[Any] = []
        """Futures whose results are here, and may go from the workers."""
        self._stopping = False
        self._ending: asyncio.Task[None] | None = None

    # The connection

    async def start(self, changed: Callable[[], None]) -> None:
        """Connect, and keep connected from then on."""
        self._changed = changed
        self._stopping = False
        try:
            if self.address == LOCAL:
                self._local = await connections.local_cluster(self._processes)
            lost = await self._connect()
        except (OSError, TimeoutError) as error:
            await self._disconnect()
            raise LaneError(
                f"cluster {self.address}: no scheduler answers there; start one with `dask scheduler`, "
                "or correct --cluster"
            ) from error
        except LaneError:
            await self._disconnect()
            raise
        except Exception as error:
            await self._disconnect()
            raise LaneError(f"cluster {self.address}: {one_line(error)}") from error
        if self._local is not None:
            await self._local.wait_for_workers(1, timeout=60)
        self._keeper = asyncio.create_task(self._keep_connected(lost))

    async def _connect(self) -> Any:
        """A new client. Its future is one that nobody ever sets: it ends when the connection does."""
        from clearway.runtime.lanes.clusters.claims import TOPIC, Claims

        client = connections.client(self._local or self.address)
        self._client = client  # from here on it has to be closed, also if it never connects
        await client
        connections.keep_no_messages(client.scheduler_comm)
        try:
            await client.register_plugin(Claims())
        except Exception as error:
            raise LaneError(
                f"cluster {self.address}: its scheduler cannot have Clearway's plugin ({one_line(error)}); "
                "install this version of clearway beside it, and leave distributed.scheduler.pickle on"
            ) from error
        client.subscribe_topic(TOPIC, functools.partial(self._told, client))
        self._count(await client.scheduler.clearway_count())
        self.is_connected = True
        self._changed()
        return connections.package().Future(f"clearway-connection-{client.id}", client)

    async def _keep_connected(self, lost: Any) -> None:
        while True:
            with contextlib.suppress(Exception):
                await lost.result()
            if self._stopping:
                return
            _log.warning("cluster %s: the connection is lost; calls wait until it is back", self.address)
            await self._disconnect()
            lost = await self._reconnected()
            self.reconnects += 1
            _log.warning("cluster %s: connected again, %s", self.address, counted(self.workers, "worker"))

    async def _reconnected(self) -> Any:
        delay_s, most_s = BACKOFF_S
        while True:
            # Many apps lose one scheduler at the same moment, and should not all come back in the same one.
            await asyncio.sleep(delay_s * random.uniform(0.5, 1.0))
            try:
                return await self._connect()
            except Exception as error:
                _log.debug("cluster %s: %s", self.address, one_line(error))
                await self._disconnect()
                if self._stopping:
                    raise
            delay_s = min(delay_s * 2, most_s)

    async def _disconnect(self) -> None:
        client, self._client = self._client, None
        self.is_connected = False
        self.workers = self.threads = 0
        for waiter in list(self._away.values()):
            _fail(waiter, WorkerLost(_GONE))
        self._changed()
        if client is not None:
            # In a task of its own: Dask's way of closing swallows a cancellation, which may be meant for us.
            closing = asyncio.ensure_future(connections.close(client))
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)
            await asyncio.shield(closing)
            for bringing in self._bringing:
                bringing.cancel()

    def _told(self, client: Any, event: tuple[float, dict[str, Any]]) -> None:
        """The plugin's news: workers came or went, and jobs with them."""
        if client is not self._client:
            return
        news = event[1]
        self._count(news["count"])
        for key in news["lost"]:
            if (waiter := self._away.get(key)) is not None:
                _fail(waiter, WorkerLost(f"worker {news['worker']} was lost while it ran the call"))
        self._changed()

    def _count(self, count: tuple[int, int]) -> None:
        self.workers, self.threads = count
        if self._local is not None:  # its scheduler's messages to the workers are in this process, too
            for stream in self._local.scheduler.stream_comms.values():
                connections.keep_no_messages(stream)

    # Jobs

    async def run(self, job: Job) -> Report:
        """Submit the job as a task of its own key, impure and without Dask's retries."""
        from clearway.runtime.lanes.clusters.claims import work_once

        client = self._client
        if client is None or client.status != "running":
            raise NotBegun
        waiter: asyncio.Future[Report] = asyncio.get_running_loop().create_future()
        self._away[job.id] = waiter
        future = client.submit(work_once, pickle.dumps(job), key=job.id, pure=False, retries=0)
        bringing = asyncio.create_task(self._bring(client, future, waiter))
        self._bringing.add(bringing)
        bringing.add_done_callback(self._bringing.discard)
        try:
            report = await waiter
        except BaseException:
            if client is self._client and client.status == "running":
                with contextlib.suppress(Exception):
                    await asyncio.shield(asyncio.ensure_future(_forget(client, job, future)))
            raise
        finally:
            self._away.pop(job.id, None)
            self._release(future)
        if report.verdict is Verdict.UNASKED:
            raise NotBegun
        if report.verdict is Verdict.TAKEN:
            raise WorkerLost("the worker that had begun the call was lost")
        return report

    def _release(self, future: Any) -> None:
        """Soon, and several at once: Dask's client sends every 10 ms, and the next job is not to wait for this."""
        self._spent.append(future)
        if len(self._spent) == 1:
            asyncio.get_running_loop().call_later(RELEASE_S, self._release_spent)

    def _release_spent(self) -> None:
        spent, self._spent = self._spent, []
        for future in spent:
            with contextlib.suppress(Exception):  # its client has closed meanwhile
                future.release()

    async def _bring(self, client: Any, future: Any, waiter: asyncio.Future[Report]) -> None:
        try:
            report = await future
        except asyncio.CancelledError:
            _fail(waiter, WorkerLost(_GONE))
            raise
        except BaseException as error:
            _fail(waiter, self._understood(error, client))
        else:
            if not waiter.done():
                waiter.set_result(report)

    def _understood(self, error: BaseException, client: Any) -> Exception:
        """What an error of Dask's own means. Those of the user's code arrive inside a report."""
        from distributed.client import FutureCancelledError
        from distributed.scheduler import KilledWorker

        if isinstance(error, FutureCancelledError):
            lost = client.status != "running" or client is not self._client
            return WorkerLost(_GONE if lost else f"the task was cancelled: {error.reason}")
        if isinstance(error, KilledWorker):
            return WorkerLost(f"worker {error.last_worker.address} was lost, and others before it")
        if isinstance(error, OSError):
            return WorkerLost(f"{_GONE}: {one_line(error)}")
        return LaneError(
            f"cluster {self.address} could not read the call ({one_line(error)}); workers and scheduler need clearway "
            "and distributed in the app's versions"
        )

    async def withdraw(self, job: Job) -> bool:
        """Ask the scheduler: where no worker has begun the job, none ever will."""
        client, waiter = self._client, self._away.get(job.id)
        if client is None or waiter is None or waiter.done():
            return False
        try:
            withdrawn: bool = await client.scheduler.clearway_withdraw(key=job.id)
        except (OSError, AttributeError):  # the connection goes at this very moment
            return False
        if withdrawn:
            _fail(waiter, NotBegun())
        return withdrawn

    async def probe(self, modules: tuple[str, ...]) -> dict[str, dict[str, str | None]]:
        """Ask the first workers outside of Dask's queue."""
        client = self._client
        if client is None:
            return {}
        info = await client.scheduler.identity(n_workers=PROBED)
        some = list(info["workers"])[:PROBED]
        if not some:
            return {}
        answers: dict[str, Any] = await client.run(code.describe, modules, workers=some, on_error="return")
        for worker, answer in answers.items():
            if isinstance(answer, BaseException):
                raise LaneError(
                    f"cluster {self.address}: worker {worker} cannot import clearway ({one_line(answer)}); "
                    "install it there, in the app's version"
                )
        return answers

    # The end

    async def stop(self) -> None:
        """Close the client, and the embedded cluster with its workers."""
        self._stopping = True
        keeper, self._keeper = self._keeper, None
        if keeper is not None:
            keeper.cancel()
            await asyncio.wait([keeper])
        await self._disconnect()
        if self._closing:
            await asyncio.wait(self._closing)
        local, self._local = self._local, None
        if local is not None:
            await local.close()

    def abandon(self) -> None:
        """On a loop that still runs, `stop` from there; without one the connection goes with the sockets, and the
        workers of an embedded cluster end with this process."""
        with contextlib.suppress(RuntimeError):
            self._ending = asyncio.get_running_loop().create_task(self.stop())
            return
        self.is_connected = False
        if self._client is not None:
            self._client.status = "closed"  # else it would begin to close itself when it is collected
        self._client = self._local = self._keeper = None


def _fail(waiter: asyncio.Future[Report], error: Exception) -> None:
    if not waiter.done():
        waiter.set_exception(error)


async def _forget(client: Any, job: Job, future: Any) -> None:
    """Nobody wants the job any more: once this has returned, no worker begins it."""
    await client.scheduler.clearway_withdraw(key=job.id)
    await future.cancel(reason="clearway")
