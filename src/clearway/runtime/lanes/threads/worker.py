"""A thread of the thread lane, and the work that it runs."""

from __future__ import annotations

import logging
import threading
from _thread import allocate_lock  # containment stands in for `threading.Lock`
from contextvars import copy_context
from time import perf_counter_ns, thread_time_ns
from typing import TYPE_CHECKING, Any

from clearway.runtime import framework
from clearway.runtime.plan.site import computing_part
from clearway.runtime.stalls.clocks import run_delay_ns, thread_cpu_ns

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable
    from contextvars import Context

    from anyio import CancelScope

    from clearway.runtime.lanes.threads.limiter import Limiter
    from clearway.runtime.lanes.threads.tier import Tier
    from clearway.runtime.plan.site import CallSite
    from clearway.runtime.port import LoopPort
    from clearway.runtime.records.recorder import RouteRecord
    from clearway.runtime.request import Request

_log = logging.getLogger("clearway")

LONG_NS = 5_000_000
"""In a call of this length it matters whether the machine was busy with something else."""
IDLE_S = 10.0
"""A thread that has had nothing to do for so long ends."""


class Work:
    """One call on its way through the thread lane. Times are `perf_counter_ns`; 0 while they have not come."""

    __slots__ = (
        "args", "context", "cpu_ns", "delay_ns", "ended_ns", "error", "func", "future", "port", "request", "result",
        "returned", "route", "scope", "site", "started_ns", "submitted_ns", "tier",
    )  # fmt: skip

    def __init__(
        self, request: Request, site: CallSite, tier: Tier, func: Callable[..., Any], args: tuple[Any, ...]
    ) -> None:
        self.request = request
        self.port: LoopPort = request.port
        self.route: RouteRecord = request.route
        self.site = site
        self.tier = tier
        self.func = func
        self.args = args
        self.context: Context = copy_context()
        self.scope: CancelScope | None = framework.cancel_scope_of_task()
        self.future: asyncio.Future[Any] = self.port.loop.create_future()
        self.returned = False
        self.result: Any = None
        self.error: BaseException | None = None
        self.cpu_ns = -1
        self.delay_ns = 0
        """How long its thread was ready to run and got no processor."""
        self.started_ns = 0
        self.ended_ns = 0
        self.submitted_ns = perf_counter_ns()


class Worker(threading.Thread):
    """A thread of the lane. The limiter tells it what to run and when to park."""

    def __init__(self, limiter: Limiter) -> None:
        super().__init__(name="clearway thread lane", daemon=True)
        self._limiter = limiter
        self._gate = allocate_lock()
        self._gate.acquire()
        self.searching = False
        self.dismissed = False
        self.weight = 0.0
        self.crowd = 1.0
        self.looked_ns = 0
        self.looked_cpu_ns = -1
        self._looked_delay_ns = 0
        self._delay_ns = 0

    def wake(self) -> None:
        """Let the parked worker look for work; starts it the first time."""
        if self.ident is None:
            self.start()
        else:
            self._gate.release()

    def run(self) -> None:
        """Run work until there has been none for `IDLE_S`."""
        self._delay_ns = run_delay_ns(self.native_id)
        try:
            self._run()
        except Exception:
            self._limiter.lose(self)
            _log.exception("a thread of Clearway failed; others take its place")

    def _run(self) -> None:
        next_work = self._limiter.next_work
        ended: Work | None = None
        while True:
            work = next_work(self, ended)
            ended = None
            if work is not None:
                self.run_one(work)
                ended = work
                del work
            elif not self._park():
                return

    def _park(self) -> bool:
        while not self._gate.acquire(timeout=IDLE_S):
            if self._limiter.retire(self):
                return False
        return not self.dismissed

    def run_one(self, work: Work) -> None:
        """Run one call and hand its result back."""
        local = framework.threadlocals
        local.current_token = work.port.token
        local.current_cancel_scope = work.scope
        measured = work.site.measures_next()
        if measured:
            self.looked_cpu_ns = began = thread_time_ns()
        try:
            work.result = work.context.run(_call, work.func, work.args)
        except BaseException as error:
            work.error = error
        if measured:
            work.cpu_ns = thread_time_ns() - began
        work.ended_ns = perf_counter_ns()
        if LONG_NS < work.ended_ns - work.started_ns < work.cpu_ns * 20:
            # Reading a file gives the interpreter away several times: not for a call that did nothing but wait.
            delay_ns = run_delay_ns(self.native_id)
            work.delay_ns, self._delay_ns = delay_ns - self._delay_ns, delay_ns
        work.port.hand_back(work)

    def look(self, now_ns: int, crowd: float) -> None:
        """From another thread: weigh the running call by what it has done since the last look."""
        cpu_ns = thread_cpu_ns(self.native_id) if self.native_id is not None else None
        if cpu_ns is None:
            return
        delay_ns = run_delay_ns(self.native_id)
        if self.looked_cpu_ns >= 0:
            wall_ns = now_ns - self.looked_ns - max(0, delay_ns - max(self._looked_delay_ns, self._delay_ns))
            if wall_ns < 2_000_000:
                return  # it has hardly had a processor: nothing can be said yet
            self.weight = computing_part(wall_ns, cpu_ns - self.looked_cpu_ns, crowd)
        self.looked_ns, self.looked_cpu_ns, self._looked_delay_ns = now_ns, cpu_ns, delay_ns


def _call(func: Callable[..., Any], args: tuple[Any, ...]) -> Any:
    framework.forget_async_library()
    return func(*args)
