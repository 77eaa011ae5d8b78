"""The thread lane: own threads, one hop there and a batched hop back."""

from __future__ import annotations

import asyncio
import math
import threading
from collections import deque
from contextvars import copy_context
from time import perf_counter_ns, thread_time_ns
from typing import TYPE_CHECKING, Any

from anyio import CancelScope
from anyio.lowlevel import checkpoint_if_cancelled
from starlette.exceptions import HTTPException

from clearway.model import FINISHING_KINDS, CallKind, Lane
from clearway.runtime import framework
from clearway.runtime.limiter import Limiter, Tier
from clearway.runtime.request import ClientGone
from clearway.runtime.site import computing_part
from clearway.runtime.stalls.clocks import run_delay_ns, thread_cpu_ns

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextvars import Context

    from clearway.runtime.port import LoopPort
    from clearway.runtime.recorder import Recorder, RouteRecord
    from clearway.runtime.request import Request
    from clearway.runtime.site import CallSite

LONG_NS = 5_000_000
"""In a call of this length it matters whether the machine was busy with something else."""
IDLE_S = 10.0
"""A thread that has had nothing to do for so long ends."""
WATCH_CLIENT_NS = 100_000_000
"""A call that has waited so long has its client watched."""


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
        self._gate = threading.Lock()
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
        if measured and work.ended_ns - work.started_ns > LONG_NS:
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


class ThreadLane:
    """Runs calls in threads of its own."""

    def __init__(self, recorder: Recorder, threads: int, max_wait_s: float | None) -> None:
        self.limiter = Limiter(threads, self._new_worker)
        self.max_wait_s = max_wait_s
        self._recorder = recorder
        self._waits: deque[Work] = deque(maxlen=100_000)
        """Work in the order it came, until it has started or its client is watched."""

    def _new_worker(self) -> Worker:
        return Worker(self.limiter)

    async def run(
        self,
        request: Request,
        site: CallSite,
        kind: CallKind,
        func: Callable[..., Any],
        args: tuple[Any, ...],
    ) -> Any:
        """Run `func(*args)` in a thread.

        Raises HTTPException 503 when the call waited longer than the limit, ClientGone when its client went away
        while it waited. Cancelled while it waits, it never runs; while it runs, its thread counts until it ends.
        """
        try:
            work = Work(request, site, self._tier(request, kind), func, args)
        except Exception as error:
            request.runtime.fault("describing a call", error)
            return await framework.original_run_sync(func, *args)
        if work.scope is not None and framework.is_cancelled(work.scope):
            await checkpoint_if_cancelled()  # as in AnyIO, nothing new begins in a cancelled scope
        try:
            self.limiter.submit(work)
        except Exception as error:  # a RuntimeError where not one thread can be had
            request.runtime.fault("starting a thread", error)
            if self.limiter.withdraw(work) or not work.started_ns:
                return await framework.original_run_sync(func, *args)
        request.begun += 1
        request.works += (work,)
        self._waits.append(work)
        try:
            return await work.future
        except asyncio.CancelledError:
            if self.limiter.withdraw(work) or work.request.gone or not framework.cancelled_by_anyio():
                raise
            return await _wait_shielded(work)
        finally:
            request.works = tuple(other for other in request.works if other is not work)
            try:
                self._record(request, work, kind)
            except Exception as error:
                request.runtime.fault("recording a call", error)

    @staticmethod
    def _tier(request: Request, kind: CallKind) -> Tier:
        if kind in FINISHING_KINDS:
            return Tier.FINISHING
        if not request.begun:
            return Tier.STARTING
        return (
            Tier.BEGUN_ENDPOINT
            if kind is CallKind.ENDPOINT
            else Tier(max(Tier.STARTING - request.begun, Tier.BEGUN_LONG_AGO))
        )

    def _record(self, request: Request, work: Work, kind: CallKind) -> None:
        request.stop_watching()
        now = perf_counter_ns()
        if not work.ended_ns:  # withdrawn, or its thread still runs
            request.wait_ns += (work.started_ns or now) - work.submitted_ns
            return
        request.wait_ns += work.started_ns - work.submitted_ns
        request.run_ns += work.ended_ns - work.started_ns
        request.return_ns += now - work.ended_ns
        self._recorder.call_done(
            request, work.site.id, kind, Lane.THREAD, (work.submitted_ns, work.started_ns, work.ended_ns, now)
        )

    def withdraw_all(self, request: Request) -> None:
        """The client of a request has gone: take its waiting calls out of the queue."""
        for work in request.works:
            if self.limiter.withdraw(work) and not work.future.done():
                work.route.withdrawn += 1
                work.future.set_exception(ClientGone())

    def is_in_use(self) -> bool:
        """Whether calls wait or run."""
        return self.limiter.busy > 0 or self.limiter.queued > 0

    def tick(self, now_ns: int) -> None:
        """Refuse what waited too long and watch the clients of what waits. From the watchdog's thread."""
        if self.max_wait_s is not None:
            for work in self.limiter.waiting_longer_than(int(self.max_wait_s * 1e9), now_ns):
                work.port.call(self._refuse, work, now_ns)
        waits = self._waits
        while waits and (waits[0].started_ns or now_ns - waits[0].submitted_ns > WATCH_CLIENT_NS):
            work = waits.popleft()
            if not work.started_ns and not work.future.done():
                work.port.call(_watch_client, work)

    def _refuse(self, work: Work, now_ns: int) -> None:
        waited_s = (now_ns - work.submitted_ns) / 1e9
        work.error = HTTPException(
            503,
            detail=f"No thread was free within {self.max_wait_s:g} s",
            headers={"Retry-After": str(max(1, math.ceil(waited_s)))},
        )
        if not work.future.done():
            work.route.refused += 1
        deliver(work)  # also to one whose scope was cancelled a moment ago, and which is about to wait again


def _watch_client(work: Work) -> None:
    if not work.started_ns and not work.future.done():
        work.request.watch_client()


def deliver(work: Work) -> None:
    """On the loop: give a finished call's result to who waits for it."""
    work.returned = True
    future = work.future
    if future.done():  # cancelled meanwhile; the result is nobody's
        return
    error = work.error
    if error is None:
        future.set_result(work.result)
    elif isinstance(error, StopIteration):
        # A future cannot carry StopIteration; AnyIO turns it into the same error.
        replacement = RuntimeError("coroutine raised StopIteration")
        replacement.__cause__ = error
        future.set_exception(replacement)
    else:
        future.set_exception(error)


async def _wait_shielded(work: Work) -> Any:
    """Wait for a running call although its scope is cancelled, as AnyIO does: what it entered must be exited."""
    with CancelScope(shield=True):
        if not work.returned:
            work.future = work.port.loop.create_future()
            return await work.future
    if work.error is not None:
        raise work.error
    return work.result
