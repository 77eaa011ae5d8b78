"""The process lane: calls that compute run in worker processes, on every core and beside the loop.

The workers are Clearway's own, not those of `anyio.to_process`: these are shared with whoever else uses that function,
tell neither their process id nor how they died, break when a call writes to file descriptor 1, stand still when it
writes much to 2, and cannot start under `python -m package.module`.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from collections import deque
from pathlib import Path
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any

from clearway.model import Lane, LaneError, SettingsError
from clearway.runtime import framework
from clearway.runtime.lanes.processes import child_main
from clearway.runtime.lanes.processes.child_main import Setup
from clearway.runtime.lanes.processes.pool import Pool
from clearway.runtime.lanes.remote import refusals, travel
from clearway.runtime.lanes.remote.flight import Flight
from clearway.settings import usable_cores

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from clearway.model import CallKind
    from clearway.runtime.install import Runtime
    from clearway.runtime.plan.planner import PlanRow
    from clearway.runtime.plan.site import CallSite
    from clearway.runtime.request import Request

NICENESS = 10
"""How much lower than the loop the workers' priority is."""
LATEST = 1024


class ProcessLane:
    """Runs calls in worker processes, one call a worker at a time."""

    lane = Lane.PROCESS

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self.limit = runtime.settings.processes or usable_cores()
        self._pools: dict[asyncio.AbstractEventLoop, Pool] = {}
        """Workers belong to the loop that started them; an app is seldom served by two."""
        self._modules: set[str] = set()
        self._serialise_ns: deque[int] = deque(maxlen=LATEST)
        if runtime.settings.process_memory_mb is not None and not Path("/proc/self/statm").exists():
            raise SettingsError("process_memory: this system does not say what a process uses (no /proc); drop it")

    def check(self, rows: Sequence[PlanRow], targets: Sequence[Callable[..., Any]]) -> None:
        """Raise SettingsError for a call that can never run here; it names the call and the parameter."""
        refusals.check(self.lane, rows, targets)

    async def start(self) -> None:
        """Start the workers and have them import the modules of the calls. Raises LaneError where they cannot."""
        await self._pool().start(self._setup)

    async def stop(self) -> None:
        """End the workers of this loop. Calls that wait or run raise LaneError."""
        pool = self._pools.pop(asyncio.get_running_loop(), None)
        if pool is not None:
            await pool.stop()

    def abandon(self) -> None:
        """End all workers where no loop can wait for them."""
        while self._pools:
            self._pools.popitem()[1].abandon()

    async def run(
        self,
        request: Request,
        site: CallSite,
        kind: CallKind,
        func: Callable[..., Any],
        args: tuple[Any, ...],
    ) -> Any:
        """Run `func(*args)` in a worker.

        Raises what it raised, with the worker's traceback as the cause; CannotTravel that names the parameter;
        WorkerLost when the worker died; RanTooLong (504) beyond `max_run`; HTTPException 503 beyond `max_wait`;
        ClientGone when its client went away. Cancelled, it ends its worker.
        """
        submitted_ns = perf_counter_ns()
        target, positional, named = framework.call_of(func, args)
        payload = travel.pack(site.id, target, positional, named)
        packed_ns = perf_counter_ns()
        flight = Flight(request, site, kind, payload, submitted_ns)
        pool = self._pool()
        pool.submit(flight, self._setup)

        def leave() -> None:
            pool.leave(flight)

        request.abandons += (leave,)
        try:
            received = await flight.future
        except asyncio.CancelledError as error:
            pool.end(flight, "cancelled", error)
            self._record_end(flight)
            raise
        except Exception:
            self._record_end(flight)
            raise
        finally:
            request.abandons = tuple(other for other in request.abandons if other is not leave)
            if not request.abandons:
                request.stop_watching()
        arrived_ns = perf_counter_ns()
        outcome = travel.unpack(received)
        self._record(flight, outcome, packed_ns - submitted_ns, arrived_ns)
        if outcome.error is not None:
            raise outcome.error
        return outcome.value

    def _record(self, flight: Flight, outcome: travel.Outcome, pack_ns: int, arrived_ns: int) -> None:
        """The worker's clock is this machine's, so its times are the call's own."""
        request, now = flight.request, perf_counter_ns()
        try:
            began = min(max(outcome.began_ns, flight.submitted_ns), now)
            ended = min(max(outcome.ended_ns, began), now)
            request.wait_ns += began - flight.submitted_ns
            request.run_ns += ended - began
            request.return_ns += now - ended
            self._serialise_ns.append(pack_ns + outcome.pack_ns + now - arrived_ns)
            times_ns = (flight.submitted_ns, began, ended, now)
            self._runtime.recorder.call_done(request, flight.site.id, flight.kind, self.lane, times_ns)
        except Exception as error:
            request.runtime.fault("recording a call", error)

    @staticmethod
    def _record_end(flight: Flight) -> None:
        """Of a call that came back without a result."""
        request, now = flight.request, perf_counter_ns()
        request.wait_ns += (flight.started_ns or now) - flight.submitted_ns
        request.run_ns += now - flight.started_ns if flight.started_ns else 0

    def _pool(self) -> Pool:
        if child_main.is_worker:
            raise LaneError("a worker of the process lane has no workers: guard the start with __name__ == '__main__'")
        loop = asyncio.get_running_loop()
        pool = self._pools.get(loop)
        if pool is None or pool.is_stopped:
            for closed in [known for known in self._pools if known.is_closed()]:
                self._pools.pop(closed).abandon()
            pool = self._pools[loop] = Pool(loop, self.limit, self._runtime.settings, self._runtime.lost)
        return pool

    def _setup(self) -> Setup:
        """Asked for anew with each worker: levels change, and calls are found as they come."""
        placed = self._runtime.planner.placed(self.lane)
        modules = {row.call.partition(":")[0] for row, _ in placed} - {"__main__"}
        return Setup(
            arguments=sys.argv,
            main=_main_module(),
            modules=tuple(sorted(modules)),
            niceness=NICENESS,
            levels=_log_levels(),
        )

    def snapshot(self) -> dict[str, Any]:
        """Workers and waiting calls now; bytes and milliseconds."""
        pools = list(self._pools.values())
        children = [child for pool in pools for child in list(pool.workers.all)]
        return {
            "limit": self.limit,
            "live": len(children),
            "busy": sum(pool.busy for pool in pools),
            "queued": sum(pool.queued for pool in pools),
            "killed": sum(pool.killed for pool in pools),
            "lost": sum(pool.lost for pool in pools),
            "pids": [child.pid for child in children],
            "memory": [child.memory_bytes() for child in children],
            "serialise_ns": list(self._serialise_ns),
        }


def _main_module() -> dict[str, str]:
    """How a worker imports the main module, whose functions and classes may be sent. Nothing for a tool's own script,
    as of uvicorn, which defines none."""
    main = sys.modules["__main__"]
    name = getattr(getattr(main, "__spec__", None), "name", None)
    if name is not None:
        return {"init_main_from_name": name}
    file = getattr(main, "__file__", None)
    if file is None or Path(file).absolute().parent == Path(sys.executable).parent:
        return {}
    return {"init_main_from_path": str(Path(file).absolute())}


def _log_levels() -> dict[str, int]:
    levels = {"": logging.root.level}
    for name, logger in list(logging.root.manager.loggerDict.items()):
        if isinstance(logger, logging.Logger) and logger.level != logging.NOTSET:
            levels[name] = logger.level
    return levels
