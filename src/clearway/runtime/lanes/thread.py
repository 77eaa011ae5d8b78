"""The thread lane: own threads, one hop there and a batched hop back."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any

from anyio import CancelScope
from anyio.lowlevel import checkpoint_if_cancelled
from starlette.exceptions import HTTPException

from clearway.model import CallKind, Lane
from clearway.runtime import framework, hooks
from clearway.runtime.lanes.threads.limiter import Limiter
from clearway.runtime.lanes.threads.tier import Tier, tier_of
from clearway.runtime.lanes.threads.worker import Work, Worker
from clearway.runtime.request import WATCH_CLIENT_NS, ClientGone

if TYPE_CHECKING:
    from collections.abc import Callable

    from clearway.runtime.plan.site import CallSite
    from clearway.runtime.records.recorder import Recorder
    from clearway.runtime.request import Request


class ThreadLane:
    """Runs calls in threads of its own."""

    def __init__(self, recorder: Recorder, threads: int, max_wait_s: float | None) -> None:
        self.limiter = Limiter(threads, self._new_worker)
        self.max_wait_s = max_wait_s
        self.abandoned = 0
        """Calls whose request was cancelled while they ran: they end in their thread, and nobody hears of it."""
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
        *,
        abandon: bool = False,
    ) -> Any:
        """Run `func(*args)` in a thread. With `abandon`, no cancelled request waits for it to end.

        Raises HTTPException 503 when the call waited longer than the limit, ClientGone when its client went away
        while it waited. Cancelled while it waits, it never runs; while it runs, its thread counts until it ends.
        """
        try:
            work = Work(request, site, tier_of(request, kind), func, args)
        except Exception as error:
            request.runtime.fault("describing a call", error)
            return await hooks.original_run_sync(func, *args)
        if work.scope is not None and framework.is_cancelled(work.scope):
            await checkpoint_if_cancelled()  # as in AnyIO, nothing new begins in a cancelled scope
        try:
            self.limiter.submit(work)
        except Exception as error:  # a RuntimeError where not one thread can be had
            request.runtime.fault("starting a thread", error)
            if self.limiter.withdraw(work) or not work.started_ns:
                return await hooks.original_run_sync(func, *args)
        request.begun += 1
        request.works += (work,)
        self._waits.append(work)
        try:
            return await work.future
        except asyncio.CancelledError:
            if self.limiter.withdraw(work):
                raise
            if abandon or work.request.gone or not framework.cancelled_by_anyio():
                if work.started_ns and not work.ended_ns:
                    self.abandoned += 1
                raise
            return await _wait_shielded(work)
        finally:
            request.works = tuple(other for other in request.works if other is not work)
            try:
                self._record(request, work, kind)
            except Exception as error:
                request.runtime.fault("recording a call", error)

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
        """The client of a request has gone: take its waiting calls out of the queue.

        Not those that finish it: what a dependency has entered is exited, and a background task still runs.
        """
        for work in request.works:
            if work.tier is not Tier.FINISHING and self.limiter.withdraw(work) and not work.future.done():
                work.route.withdrawn += 1
                work.future.set_exception(ClientGone())

    def rest(self) -> None:
        """No loop is left to serve."""
        self._waits.clear()
        self.limiter.dismiss_parked()

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
        if work.started_ns and not work.ended_ns:
            work.future = work.port.loop.create_future()
            return await work.future
    if work.error is not None:
        raise work.error
    return work.result
