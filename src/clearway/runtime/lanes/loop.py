"""The loop lane: a call that does not block runs right here, without a hop."""

from __future__ import annotations

import asyncio
from contextvars import copy_context
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any

from clearway.model import CallKind, Lane

if TYPE_CHECKING:
    from collections.abc import Callable

    from clearway.runtime.plan.site import CallSite
    from clearway.runtime.records.recorder import Recorder
    from clearway.runtime.request import Request


class LoopLane:
    """Runs calls on the loop's own thread."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    async def run(
        self,
        request: Request,
        site: CallSite,
        kind: CallKind,
        func: Callable[..., Any],
        args: tuple[Any, ...],
    ) -> Any:
        """Run `func(*args)` now, in a copy of the context, as a thread would have done."""
        began = perf_counter_ns()
        try:
            return copy_context().run(func, *args)
        finally:
            ended = perf_counter_ns()
            request.run_ns += ended - began
            try:
                self._recorder.call_done(request, site.id, kind, Lane.LOOP, (began, began, ended, ended))
            except Exception as error:
                request.runtime.fault("recording a call", error)
            if kind is CallKind.STREAM:
                await asyncio.sleep(0)  # between two items the loop turns, as it would have done around a thread
