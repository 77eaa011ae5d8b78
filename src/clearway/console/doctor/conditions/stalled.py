"""What the conditions that come from stalls share: when stalls matter, and what is said of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clearway.console.doctor.window import STAYS
from clearway.console.doctor.words import at_route, place, plain, seconds, share
from clearway.model import counted

if TYPE_CHECKING:
    from clearway.console.doctor.window import Stalls, Window
    from clearway.model import Cause

MATTERS = 0.02
"""A loop that stands still for 2 % of the time: below, an answer is late now and then, and nobody notices."""
NOT_OWN = ("/site-packages/", "/clearway/runtime/", "/lib/python3", "<")
"""Parts of files' names that are not the user's: how one got to the line is told by what they can change."""
ONCE_S = 1.0
"""What has happened once is no condition of a service, unless it took so long."""


def worst(window: Window, cause: Cause, matters: float = MATTERS) -> Stalls | None:
    """The costliest line with this cause, where it takes enough of the loop's time."""
    groups = [each for each in window.stalls.get(cause, ()) if _matters(each, matters * window.seconds)]
    if not groups:
        return None
    told = next((each for each in groups if line_of(each) == window.stays_with), groups[0])
    return told if told.lost_s * STAYS >= groups[0].lost_s else groups[0]


def _matters(stalls: Stalls, total_s: float) -> bool:
    return stalls.total_s >= total_s and (stalls.count > 1 or stalls.total_s >= ONCE_S)


def where(stalls: Stalls) -> str | None:
    """`app.py:12`, or None where no line is to blame."""
    culprit = stalls.last.get("culprit")
    return place(culprit.get("file"), culprit.get("line")) if culprit else None


def operation(stalls: Stalls) -> str | None:
    name = stalls.last.get("operation")
    return plain(name) if name else None


def function(stalls: Stalls) -> str:
    culprit = stalls.last.get("culprit") or {}
    return plain(culprit.get("function") or "it")


def line_of(stalls: Stalls) -> str:
    """`time.sleep at app.py:12 (GET /bad)`."""
    found = where(stalls)
    what = operation(stalls)
    parts = f"{what} at {found}" if what and found else found or what or "a line that could not be seen"
    return f"{parts}{at_route(stalls.route)}"


def numbers(stalls: Stalls, window: Window) -> str:
    """`12 stalls of up to 105 ms in 10 s, for which 140 requests had to wait`."""
    said = f"{counted(stalls.count, 'stall')} of up to {seconds(stalls.longest_s)} in {seconds(window.seconds)}"
    return f"{said}, for which {counted(stalls.victims, 'request')} had to wait" if stalls.victims else said


def evidence(stalls: Stalls, window: Window) -> tuple[str, ...]:
    """The facts behind the sentence."""
    others = [group for group in window.stalls.get(stalls.cause, ()) if group is not stalls]
    facts = [
        numbers(stalls, window),
        f"requests lost {seconds(stalls.lost_s)} together in these {seconds(window.seconds)}",
    ]
    facts += [f"also {line_of(group)}: {share(group.total_s / window.seconds)} of the time" for group in others[:3]]
    steps = [
        step for step in stalls.last.get("stack") or () if not any(part in str(step.get("file")) for part in NOT_OWN)
    ]
    stack = [place(step.get("file"), step.get("line")) for step in steps[-3:]]
    return (*facts, *([f"stack: {' → '.join(stack)}"] if stack else []))
