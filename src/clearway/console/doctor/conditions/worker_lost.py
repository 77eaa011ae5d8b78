"""Processes end that should not: workers of the process lane or of the cluster with their calls, serving workers."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from clearway.console.doctor.diagnosis import Finding, Problem, Severity
from clearway.console.doctor.words import plain
from clearway.model import counted

if TYPE_CHECKING:
    from clearway.console.doctor.window import Window

LOST_S = 10.0
"""A request that is lost is as bad as one that waits so long."""
NOBODY_WAITED = "client gone"


def find(window: Window) -> Finding | None:
    losses = [told.what for told in window.recent(window.state.losses)]
    losses = [loss for loss in losses if NOBODY_WAITED not in str(loss.get("reason"))]
    gone = _gone(window)
    if not losses and not gone:
        return None
    cost = (len(losses) + len(gone)) * LOST_S / window.seconds
    if not losses:
        pids = ", ".join(map(str, gone))
        sentence = f"Serving worker {pids} has ended while others go on: what it served was cut off."
        step = "Look in the server's log for what it said last, and in the kernel's for the memory it used."
        return Finding(Problem.WORKER_LOST, cost, "workers", sentence, step, (), Severity.ERROR)
    where = Counter((str(loss.get("route")), str(loss.get("call"))) for loss in losses)
    (route, call), count = where.most_common(1)[0]
    reasons = Counter(str(loss.get("reason")) for loss in losses)
    return Finding(
        Problem.WORKER_LOST,
        cost,
        f"{route} {call}",
        f"{counted(count, 'call')} of {plain(route)} ({plain(call)}) {'was' if count == 1 else 'were'} lost with the "
        f"worker in the last {window.seconds:.0f} s: {plain(losses[-1].get('reason'))}.",
        f"Run `{plain(call)}` alone with the same arguments and look at what ends it; `max_run` and `process_memory` "
        "in the settings say what a call may use.",
        tuple(f"{count} ×  {plain(reason)}" for reason, count in reasons.most_common(4)),
        Severity.ERROR,
    )


def _gone(window: Window) -> list[int]:
    """Serving workers that ended lately, while one that is older than their end lives: not a stop, nor a reload."""
    alive_since = [worker.offset_us for worker in window.workers]
    return [
        pid
        for pid, worker in window.state.workers.items()
        if worker.is_gone
        and worker.at_us > window.since_us
        and window.worker in (None, pid)
        and any(since < worker.at_us for since in alive_since)
    ]
