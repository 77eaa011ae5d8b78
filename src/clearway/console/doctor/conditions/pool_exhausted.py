"""Every thread is taken by calls that wait, and further calls wait for a thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clearway.console.doctor.conditions.waits import scaled
from clearway.console.doctor.diagnosis import Finding, Problem
from clearway.console.doctor.words import about, calls, place, plain
from clearway.model import Lane

if TYPE_CHECKING:
    from clearway.console.doctor.window import Window

MATTERS = 0.5
"""So many calls wait on average."""


def find(window: Window) -> Finding | None:
    threads = window.threads
    if threads.queued_full < MATTERS:
        return None
    route = next((name for name, _ in window.waits.most_common(1)), None)
    waits = f", most of {plain(route)}" if route else ""
    return Finding(
        Problem.POOL_EXHAUSTED,
        threads.queued_full,
        "",
        f"All {threads.limit} threads are taken, and {calls(threads.queued_full)} wait for one{waits}{where(window)}.",
        f"Allow more threads, `--threads {max(threads.limit * 2, 40)}`: threads that wait are cheap. Or make the "
        "endpoint `async def` with an async library.",
        evidence(window),
    )


def where(window: Window) -> str:
    """`; 7 of them are at app.py:12 in time.sleep`: where the threads are."""
    worst = next((each for each in window.calls if each.place.lane is Lane.THREAD), None)
    if worst is None:
        return ""
    operation = f" in {plain(worst.place.operation)}" if worst.place.operation else ""
    return f"; {calls(scaled(window, worst))} at {place(worst.place.file, worst.place.line)}{operation}"


def evidence(window: Window) -> tuple[str, ...]:
    """The pool's numbers, who waits, and where the threads are."""
    threads = window.threads
    return (
        f"{about(threads.busy)} of {threads.limit} threads are busy on average, {about(threads.queued)} calls wait",
        *(
            f"{plain(route)} has waited {wait_ms / 1000 / window.seconds:.1f} s of each second for a thread"
            for route, wait_ms in window.waits.most_common(3)
            if wait_ms
        ),
        *(
            f"{about(scaled(window, each))} threads at {place(each.place.file, each.place.line)}"
            f"{f' in {plain(each.place.operation)}' if each.place.operation else ''}"
            for each in [each for each in window.calls if each.place.lane is Lane.THREAD][:3]
        ),
    )
