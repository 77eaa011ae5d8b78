"""Calls wait for the answer of another service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clearway.console.doctor.conditions.waits import client_of, pool_of, scaled
from clearway.console.doctor.diagnosis import Finding, Problem, Severity
from clearway.console.doctor.words import about, at_route, calls, place, plain

if TYPE_CHECKING:
    from clearway.console.doctor.window import Calls, Window

MATTERS = 1.0
"""So many calls on average."""
SLOW_S = 0.5
"""A service that answers sooner is not slow. Calls are met in the middle: where none is met that old, the route's
latencies say it."""
THEIRS = 0.02
"""The time is the other service's: what can be changed here is told first, unless it costs next to nothing."""


def find(window: Window) -> Finding | None:
    waiting = [
        (each, client)
        for each in window.calls
        if not each.place.holds_loop
        and not each.computes
        and is_slow(window, each)
        and (client := client_of(each)) is not None
        and pool_of(each) is None
    ]
    count = sum(scaled(window, each) for each, _ in waiting)
    if count < MATTERS:
        return None
    worst, client = waiting[0]
    route, where = worst.place.route, place(worst.place.file, worst.place.line)
    return Finding(
        Problem.UPSTREAM_SLOW,
        count * THEIRS,
        f"{route} {where}",
        f"{calls(count)} wait for another service ({client}) at {where}{at_route(route)}, the first of them for "
        f"{worst.longest_s:.1f} s.",
        "Look at that service: nothing is wrong in this one. Give the call a timeout, and ask for several things at "
        "once or keep the answers where that can be.",
        tuple(
            f"{about(scaled(window, each))} calls wait at {place(each.place.file, each.place.line)} "
            f"({plain(each.place.operation or name)})"
            for each, name in waiting[:4]
        ),
        Severity.WARNING,
    )


def is_slow(window: Window, calls: Calls) -> bool:
    """Whether these calls take long as a rule."""
    route = window.routes.get(calls.place.route or "")
    return calls.longest_s >= SLOW_S or (route is not None and (route.p50_ms or 0.0) >= SLOW_S * 1000)
