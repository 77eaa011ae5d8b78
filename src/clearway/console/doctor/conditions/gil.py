"""Threads that the thread lane knows nothing of compute, and keep the interpreter from the loop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clearway.console.doctor.conditions import stalled
from clearway.console.doctor.conditions.cpu_in_threads import computing
from clearway.console.doctor.diagnosis import Finding, Problem
from clearway.console.doctor.words import share
from clearway.model import Cause

if TYPE_CHECKING:
    from clearway.console.doctor.window import Window

MATTERS = 0.05
"""Threads always take something from each other."""


def find(window: Window) -> Finding | None:
    stalls = stalled.worst(window, Cause.GIL, MATTERS)
    if stalls is None or stalls.route is not None or computing(window) is not None:
        return None  # it is the thread lane's: see `cpu_in_threads`
    place = stalled.where(stalls)
    line = f" at {place}" if place else ""
    return Finding(
        Problem.GIL,
        stalls.lost_s / window.seconds,
        place or "",
        f"A thread of the app's own{line} keeps the interpreter, and the event loop waits for it "
        f"{share(stalls.total_s / window.seconds)} of the time: {stalled.numbers(stalls, window)}.",
        "Compute in a process (`concurrent.futures.ProcessPoolExecutor`, or "
        '`clearway.offload(…, lane="process")`), or in a library that gives the interpreter away meanwhile.',
        stalled.evidence(stalls, window),
    )
