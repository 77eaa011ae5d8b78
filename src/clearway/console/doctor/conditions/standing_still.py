"""The loop stands still, and has not turned since: the stall will be told when it ends, which may be never."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clearway.console.doctor.conditions import blocking_call, cpu_on_loop
from clearway.console.doctor.diagnosis import Finding, Problem, Severity
from clearway.console.doctor.words import at_route, place, plain, seconds
from clearway.model import counted

if TYPE_CHECKING:
    from clearway.console.doctor.window import Window

LONG_S = 1.0
"""A shorter one will be told in full in a moment."""
COMPUTES = 0.5


def find(window: Window) -> Finding | None:
    worker, tick = max(window.latest(), key=lambda each: each[1].overdue_us, default=(None, None))
    if worker is None or tick is None or tick.overdue_us < LONG_S * 1e6:
        return None
    looks = [each for each in worker.ticks if each.waiting is not None]
    held = next((each for each in looks[-1].waiting or () if each.holds_loop), None) if looks else None
    computes = tick.loop_cpu > COMPUTES
    where = place(held.file, held.line) if held is not None else None
    operation = plain(held.operation) if held is not None and held.operation else None
    route = worker.routes[held.route] if held is not None and 0 <= held.route < len(worker.routes) else None
    function = plain(held.function) if held is not None else "it"
    at = f" at {where}" if where else ""
    doing = f" in {operation}" if operation else ""
    return Finding(
        Problem.CPU_ON_LOOP if computes else Problem.BLOCKING_CALL,
        1.0 + tick.in_flight,  # nobody gets on
        f"still {where}",
        f"The event loop has stood still for {seconds(tick.overdue_us / 1e6)}{doing}{at}{at_route(route)}: "
        f"{counted(tick.in_flight, 'request')} in flight, and none gets on.",
        cpu_on_loop.remedy(function) if computes else blocking_call.remedy(operation, function, where),
        (f"its thread uses {tick.loop_cpu * 100:.0f} % of a processor",),
        Severity.ERROR,
    )
