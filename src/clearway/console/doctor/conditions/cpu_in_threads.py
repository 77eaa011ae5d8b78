"""Calls in threads compute: they take the interpreter from each other, and more threads would not help."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clearway.console.doctor.conditions import stalled
from clearway.console.doctor.diagnosis import Finding, Problem
from clearway.console.doctor.words import about, at_route, calls, place, plain
from clearway.model import Cause, Lane

if TYPE_CHECKING:
    from clearway.console.doctor.window import Calls, Window

MATTERS = 0.5
"""So many calls wait on average, or are kept from the loop."""


def find(window: Window) -> Finding | None:
    threads, worst = window.threads, computing(window)
    blamed = next((group for group in window.stalls.get(Cause.GIL, ()) if group.route is not None), None)
    stalled_s = blamed.lost_s if blamed is not None else 0.0
    cost = threads.queued_loaded + stalled_s / window.seconds
    if cost < MATTERS:
        return None
    if worst is not None:
        route, function = worst.place.route, plain(worst.place.function)
        where: str | None = place(worst.place.file, worst.place.line)
    elif blamed is not None:
        route, function, where = blamed.route, stalled.function(blamed), stalled.where(blamed)
    else:  # calls too short to be met at a look
        route, function, where = next((name for name, _ in window.waits.most_common(1)), None), "it", None
    at = f" at {where}" if where else ""
    return Finding(
        Problem.CPU_IN_THREADS,
        cost,
        f"{route}",
        f"Calls in threads compute{at}{at_route(route)}: the running ones want {about(threads.load)} interpreters, "
        f"there is one, and {calls(threads.queued)} wait.",
        f"Put `@clearway.process` on `{function}`, so that it computes in a process of its own; more threads would "
        "not help."
        if where
        else "Put `@clearway.process` on the endpoint, so that it computes in a process of its own.",
        (
            f"{about(threads.busy)} of {threads.limit} threads run, their load is {about(threads.load)} of a budget of "
            f"{about(threads.budget)}",
            *(
                f"{about(each.computing)} calls compute at {place(each.place.file, each.place.line)}"
                for each in window.calls
                if each.computes and each.place.lane is Lane.THREAD
            ),
            *((f"the loop lost the interpreter to them: {stalled.numbers(blamed, window)}",) if blamed else ()),
        )[:6],
    )


def computing(window: Window) -> Calls | None:
    """The place where most calls of the thread lane compute."""
    found = [each for each in window.calls if each.place.lane is Lane.THREAD and each.computes and each.mean >= 0.2]
    return max(found, key=lambda each: each.computing, default=None)
