"""Calls waited too long for a thread and were answered with 503."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clearway.console.doctor.conditions import pool_exhausted
from clearway.console.doctor.diagnosis import Finding, Problem, Severity
from clearway.console.doctor.words import about, plain
from clearway.model import counted

if TYPE_CHECKING:
    from clearway.console.doctor.window import Window

LOST_S = 10.0
"""A request that is refused is as bad as one that waits so long."""


def find(window: Window) -> Finding | None:
    count = window.refused.total()
    if not count:
        return None
    route, most = window.refused.most_common(1)[0]
    threads = window.threads
    if threads.queued_loaded > threads.queued_full:
        why = f"the running calls compute as much as the interpreter bears (load {about(threads.load)})"
        step = "Put `@clearway.process` on what computes."
    else:
        why = f"{about(threads.busy)} of {threads.limit} threads are busy{pool_exhausted.where(window)}"
        step = f"Allow more threads, `--threads {max(threads.limit * 2, 40)}`, or a longer wait, `--max-wait`."
    return Finding(
        Problem.REFUSED,
        count * LOST_S / window.seconds,
        route,
        f"{about(count / window.seconds)} requests/s are refused with 503, most of {plain(route)}: {why}.",
        step,
        (
            f"{counted(most, 'call')} of {plain(route)} refused in {window.seconds:.0f} s",
            *pool_exhausted.evidence(window),
        ),
        Severity.ERROR,
    )
