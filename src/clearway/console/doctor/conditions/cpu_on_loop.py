"""A line on the loop computes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clearway.console.doctor.conditions import stalled
from clearway.console.doctor.diagnosis import Finding, Problem
from clearway.console.doctor.words import share
from clearway.model import Cause

if TYPE_CHECKING:
    from clearway.console.doctor.window import Window


def find(window: Window) -> Finding | None:
    stalls = stalled.worst(window, Cause.CPU)
    if stalls is None or (stalled.where(stalls) is None and stalled.operation(stalls) is None):
        return None  # very many requests in one turn of the loop: see `loop_full`
    line = stalled.line_of(stalls)
    return Finding(
        Problem.CPU_ON_LOOP,
        stalls.lost_s / window.seconds,
        line,
        f"{line} computes on the event loop {share(stalls.total_s / window.seconds)} of the time: "
        f"{stalled.numbers(stalls, window)}.",
        remedy(stalled.function(stalls)),
        stalled.evidence(stalls, window),
    )


def remedy(function: str) -> str:
    """Where it belongs."""
    return (
        f"Move what `{function}` computes to a process: a plain `def` with `@clearway.process`, or "
        '`await clearway.offload(…, lane="process")` around the computing part.'
    )
