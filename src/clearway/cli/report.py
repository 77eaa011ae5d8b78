"""What `clearway run` prints: the start, the plan, stalls as they happen, and the end."""

from __future__ import annotations

import contextlib
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from clearway.cli.place import of_frame
from clearway.model import Cause, Lane

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clearway.model import Stall

MOST_ROWS = 60
MOST_CULPRITS = 10
"""Lines of the summary at the end."""
MOST_KNOWN_CULPRITS = 1000

CAUSES = {
    Cause.BLOCKING_CALL: "blocking call",
    Cause.CPU: "computing",
    Cause.GARBAGE_COLLECTION: "garbage collection",
    Cause.GIL: "other threads held the GIL",
    Cause.MACHINE: "the machine ran something else",
}


class Row(Protocol):
    """A row of the plan, as the runtime gives it."""

    @property
    def route(self) -> str: ...
    @property
    def call(self) -> str: ...
    @property
    def lane(self) -> Lane: ...
    @property
    def why(self) -> str: ...


@dataclass(slots=True)
class _Culprit:
    text: str
    count: int = 0
    total_s: float = 0.0


class StallReport:
    """Prints each culprit's first stall, then its 10th, 100th, 1000th …, and a summary at the end."""

    def __init__(self) -> None:
        self._culprits: dict[str, _Culprit] = {}

    def __call__(self, stall: Stall) -> None:
        text = _culprit_text(stall)
        if text not in self._culprits and len(self._culprits) >= MOST_KNOWN_CULPRITS:
            text = "others"
        culprit = self._culprits.setdefault(text, _Culprit(text))
        culprit.count += 1
        culprit.total_s += stall.duration_s
        if culprit.count == 1:
            say(f"stall {_milliseconds(stall.duration_s)}  {text}{_victims(stall)}")
        elif _is_power_of_ten(culprit.count):
            say(f"stall {_milliseconds(stall.duration_s)}  {text}{_victims(stall)}  {_so_far(culprit)}")

    def summary(self) -> list[str]:
        """Lines for the end, the worst culprits first; none where nothing stalled."""
        worst = sorted(self._culprits.values(), key=lambda culprit: -culprit.total_s)
        if not worst:
            return []
        lines = [f"stalls: {sum(culprit.count for culprit in worst)}, from {_counted(len(worst), 'culprit')}"]
        lines += [f"  {c.count:>6} ×  {c.total_s:>8.2f} s  {c.text}" for c in worst[:MOST_CULPRITS]]
        if len(worst) > MOST_CULPRITS:
            lines.append(f"  … and {_counted(len(worst) - MOST_CULPRITS, 'culprit')} more")
        return lines


def plan_lines(rows: Sequence[Row]) -> list[str]:
    """The plan as an aligned table; dependencies stand indented below their route."""
    if not rows:
        return ["the app has no routes"]
    table = [("route", "lane", "why")]
    last_route = None
    for row in rows[:MOST_ROWS]:
        name = f"  + {row.call}" if row.route == last_route else row.route
        table.append((name, str(row.lane), row.why))
        last_route = row.route
    widths = [max(len(cells[column]) for cells in table) for column in (0, 1)]
    lines = [f"  {name:<{widths[0]}}  {lane:<{widths[1]}}  {why}".rstrip() for name, lane, why in table]
    if len(rows) > MOST_ROWS:
        lines.append(f"  … and {len(rows) - MOST_ROWS} more")
    return lines


def cut_off_line(count: int) -> str:
    return f"stopped: {_counted(count, 'request')} cut off"


def waiting_line(count: int, grace_s: float) -> str:
    return f"stopping: up to {grace_s:g} s for {_counted(count, 'request')} in flight (Ctrl-C again: at once)"


def say(*lines: str) -> None:
    """Print for the user. Never raises: this runs on the loop's thread, among requests."""
    with contextlib.suppress(OSError, ValueError):  # a closed pipe fails nobody's request
        print(*lines, sep="\n", flush=True)


def complain(message: str) -> None:
    """The one line of a request that could not be carried out."""
    print(f"clearway: {' '.join(message.split())}", file=sys.stderr, flush=True)


def _culprit_text(stall: Stall) -> str:
    cause = CAUSES[stall.cause]
    if stall.operation:
        cause = f"{cause} {stall.operation}"
    parts = [stall.route, cause, of_frame(stall.culprit) if stall.culprit else None]
    return "  ".join(part for part in parts if part)


def _victims(stall: Stall) -> str:
    return f"  ({_counted(stall.victim_count, 'request')} waited)" if stall.victim_count else ""


def _so_far(culprit: _Culprit) -> str:
    return f"[{culprit.count} times, {culprit.total_s:.1f} s together]"


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"


def _is_power_of_ten(count: int) -> bool:
    return str(count).strip("0") == "1"


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
