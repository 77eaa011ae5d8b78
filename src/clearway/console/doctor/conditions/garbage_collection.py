"""The garbage collector stops the loop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clearway.console.doctor.conditions import stalled
from clearway.console.doctor.diagnosis import Finding, Problem
from clearway.console.doctor.words import share
from clearway.model import Cause

if TYPE_CHECKING:
    from clearway.console.doctor.window import Window


def find(window: Window) -> Finding | None:
    stalls = stalled.worst(window, Cause.GARBAGE_COLLECTION)
    if stalls is None:
        return None
    # Whichever line set a collection off is hardly to blame: all of them are one problem.
    place = stalled.where(stalls)
    share_of_time = window.stalled_share(Cause.GARBAGE_COLLECTION)
    lost_s = sum(group.lost_s for group in window.stalls[Cause.GARBAGE_COLLECTION])
    seen = f", most often set off at {place}" if place else ""
    return Finding(
        Problem.GARBAGE_COLLECTION,
        lost_s / window.seconds,
        "",
        f"The garbage collector stops the event loop {share(share_of_time)} of the time{seen}: "
        f"{stalled.numbers(stalls, window)}.",
        "Keep fewer objects alive (large caches as arrays or bytes), call `gc.freeze()` once they are loaded, and no "
        "`gc.collect()` in a request; `clearway run` already collects more rarely than Python does.",
        stalled.evidence(stalls, window),
    )
