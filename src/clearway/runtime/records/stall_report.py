"""Stalls in words: a line when a culprit is new, and again at its 10th, 100th, 1000th stall."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from clearway.model import Cause, counted

if TYPE_CHECKING:
    from collections.abc import Callable

    from clearway.model import Stall

MOST_LINES = 10
"""Lines of the summary."""
MOST_CULPRITS = 1000
"""How many culprits are counted apart; further ones share a row."""

CAUSES = {
    Cause.BLOCKING_CALL: "blocking call",
    Cause.CPU: "computing",
    Cause.GARBAGE_COLLECTION: "garbage collection",
    Cause.GIL: "other threads held the GIL",
    Cause.MACHINE: "the machine ran something else",
}


@dataclass(slots=True)
class Culprit:
    """The stalls of one line of code, added up."""

    text: str
    last: Stall
    count: int = 0
    total_s: float = 0.0


class StallReport:
    """Counts stalls by culprit, and says each culprit's first stall, then its 10th, 100th, 1000th …"""

    def __init__(self, say: Callable[[str], object], hint: Callable[[Stall], str | None] = lambda stall: None) -> None:
        self.say = say
        self._hint = hint
        """What would help against a stall; said with the first of each culprit."""
        self.count = 0
        self._culprits: dict[str, Culprit] = {}

    def __call__(self, stall: Stall) -> None:
        text = _culprit_text(stall)
        if text not in self._culprits and len(self._culprits) >= MOST_CULPRITS:
            text = "others"
        culprit = self._culprits.setdefault(text, Culprit(text, stall))
        self.count += 1
        culprit.count += 1
        culprit.total_s += stall.duration_s
        culprit.last = stall
        if culprit.count == 1:
            hint = self._hint(stall)
            advice = f"; {hint}" if hint else ""
            self.say(f"stall {_milliseconds(stall.duration_s)}  {text}{_starved(stall)}{_victims(stall)}{advice}")
        elif str(culprit.count).strip("0") == "1":
            so_far = f"[{culprit.count} times, {culprit.total_s:.1f} s together]"
            self.say(f"stall {_milliseconds(stall.duration_s)}  {text}{_starved(stall)}{_victims(stall)}  {so_far}")

    def culprits(self) -> list[Culprit]:
        """All culprits, those that cost most time first."""
        return sorted(self._culprits.values(), key=lambda culprit: -culprit.total_s)

    def summary(self) -> list[str]:
        """Lines for the end; none where nothing stalled."""
        worst = self.culprits()
        if not worst:
            return []
        lines = [f"stalls: {self.count}, from {counted(len(worst), 'culprit')}"]
        lines += [f"  {c.count:>6} ×  {c.total_s:>8.2f} s  {c.text}" for c in worst[:MOST_LINES]]
        if len(worst) > MOST_LINES:
            lines.append(f"  … and {counted(len(worst) - MOST_LINES, 'culprit')} more")
        return lines


def _culprit_text(stall: Stall) -> str:
    cause = CAUSES[stall.cause]
    if stall.cause is Cause.CPU and stall.culprit is None and stall.operation is None:
        cause = "many requests in one turn of the loop"
    elif stall.operation:
        cause = f"{cause} {stall.operation}"
    parts = [stall.route, cause, str(stall.culprit) if stall.culprit else None]
    return "  ".join(part for part in parts if part)


def _starved(stall: Stall) -> str:
    """Said where the line that is blamed is to blame for a part only."""
    if stall.cause in (Cause.MACHINE, Cause.GIL) or stall.starved_s * 4 < stall.duration_s:
        return ""
    return f"  ({_milliseconds(stall.starved_s)} of it waiting for a core or the GIL)"


def _victims(stall: Stall) -> str:
    return f"  ({counted(stall.victim_count, 'request')} waited)" if stall.victim_count else ""


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"
