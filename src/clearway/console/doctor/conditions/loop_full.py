"""The loop has more to do than one processor can, and no one line is to blame."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clearway.console.doctor.diagnosis import Finding, Problem, Severity
from clearway.console.doctor.words import about, plain
from clearway.model import Cause

if TYPE_CHECKING:
    from clearway.console.doctor.window import Window

FULL = 0.9
"""Of a processor. From there on a queue in front of the loop grows without end."""


def find(window: Window) -> Finding | None:
    used = window.loop_cpu()
    stalled = sum(window.stalled_share(cause) for cause in (Cause.CPU, Cause.GARBAGE_COLLECTION))
    if used - stalled < FULL:
        return None
    routes = sorted(window.routes.values(), key=lambda route: -route.requests)
    rate = sum(route.requests for route in routes) / window.seconds
    busiest = ", ".join(f"{plain(route.route)} {about(route.requests / window.seconds)}/s" for route in routes[:3])
    return Finding(
        Problem.LOOP_FULL,
        window.in_flight / 2,  # a part of what is in flight would be with an idle loop, too
        "",
        f"The event loop is full: it uses {used * 100:.0f} % of a processor for {about(rate)} requests/s, and no one "
        f"line stalls it; {about(window.in_flight)} requests are in flight.",
        "Serve with more processes: `clearway run --workers N`, one for each core.",
        (f"most requests: {busiest}",) if busiest else (),
        Severity.WARNING,
    )
