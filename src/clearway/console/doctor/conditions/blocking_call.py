"""A line on the loop waits: sleep, socket, lock, file, subprocess."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clearway.console.doctor.conditions import stalled
from clearway.console.doctor.diagnosis import Finding, Problem
from clearway.console.doctor.words import share
from clearway.model import Cause

if TYPE_CHECKING:
    from clearway.console.doctor.window import Window


def find(window: Window) -> Finding | None:
    stalls = stalled.worst(window, Cause.BLOCKING_CALL)
    if stalls is None:
        return None
    line, place = stalled.line_of(stalls), stalled.where(stalls)
    return Finding(
        Problem.BLOCKING_CALL,
        stalls.lost_s / window.seconds,
        line,
        f"{line} blocks the event loop {share(stalls.total_s / window.seconds)} of the time: "
        f"{stalled.numbers(stalls, window)}.",
        remedy(stalled.operation(stalls), stalled.function(stalls), place),
        stalled.evidence(stalls, window),
    )


def remedy(operation: str | None, function: str, place: str | None) -> str:
    """What to write instead."""
    where = f"At {place} write" if place else "Write"
    if operation == "time.sleep":
        return f"{where} `await asyncio.sleep(…)` instead of `time.sleep(…)`, or make the endpoint a plain `def`."
    return (
        f"Make `{function}` a plain `def` where it awaits nothing, so that it runs in a thread; otherwise "
        f"{where[0].lower()}{where[1:]} `await asyncio.to_thread(…)`. Until then `clearway run --contain` "
        "keeps it from the others."
    )
