"""Calls wait at one line of the app's own for a lock, a semaphore or a queue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clearway.console.doctor.conditions.waits import is_lock, scaled
from clearway.console.doctor.diagnosis import Finding, Problem
from clearway.console.doctor.words import about, at_route, calls, place, plain

if TYPE_CHECKING:
    from clearway.console.doctor.window import Window

MATTERS = 2.0
"""So many calls at one line. One may be meant to wait there: for a message, for its turn."""


def find(window: Window) -> Finding | None:
    waiting = [each for each in window.calls if not each.place.holds_loop and is_lock(each)]
    if not waiting:
        return None
    worst = waiting[0]
    count = scaled(window, worst)
    if count < MATTERS:
        return None
    threads = window.threads
    behind = threads.queued_full if count * 2 >= threads.busy else 0.0
    route, where = worst.place.route, place(worst.place.file, worst.place.line)
    operation = f" in {plain(worst.place.operation)}" if worst.place.operation else ""
    return Finding(
        Problem.LOCK,
        count + behind,
        f"{route} {where}",
        f"{calls(count)} wait for each other at {where}{at_route(route)}{operation}: for a lock, a semaphore or a "
        f"queue of the app's own, the first of them for {worst.longest_s:.1f} s.",
        "Hold it for as short as possible: compute, and ask others, before taking it; or allow more at once.",
        (f"{about(threads.busy)} of {threads.limit} threads are busy, {about(threads.queued)} calls wait for one",),
    )
