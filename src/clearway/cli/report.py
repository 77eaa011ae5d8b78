"""What `clearway run` prints: the start, the plan, and the end."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING, Any, Protocol

from clearway.check.report.lines import printable
from clearway.model import counted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from clearway.model import Lane

MOST_ROWS = 60
FRAMEWORKS = ("fastapi.", "starlette.")


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


def plan_lines(rows: Sequence[Row]) -> list[str]:
    """The plan as an aligned table; dependencies stand indented below their route.

    The framework's own routes, `/docs` and its like, are left out: nobody decides about them.
    """
    rows = [row for row in rows if not row.call.startswith(FRAMEWORKS)]
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


def cluster_lines(cluster: Mapping[str, Any] | None, rows: Sequence[Row]) -> list[str]:
    """Where the cluster lane is connected; nothing for an app without one."""
    if cluster is None:
        return []
    size = f"{counted(cluster['workers'], 'worker')}, {counted(cluster['threads'], 'thread')}"
    unused = "" if any(row.lane == "cluster" for row in rows) else "; no call is planned for it, only offload() uses it"
    return [f"cluster  {cluster['address']}: {size}{unused}"]


def contain_lines(is_on: bool, routes: int) -> list[str]:
    """What is contained from the first request on; nothing where containment is off."""
    if not is_on:
        return []
    if routes:
        return [f"contain  {routes} {'route' if routes == 1 else 'routes'} known to block the loop"]
    return [
        "contain  no call is known to block yet: each is contained once it has stalled; "
        "a plan knows before: clearway check --write-plan clearway-plan.json"
    ]


def cut_off_line(count: int) -> str:
    return f"stopped: {counted(count, 'request')} cut off"


def waiting_line(count: int, grace_s: float) -> str:
    return f"stopping: up to {grace_s:g} s for {counted(count, 'request')} in flight (Ctrl-C again: at once)"


def say(*lines: str) -> None:
    """Print for the user. Never raises: this runs on the loop's thread, among requests."""
    with contextlib.suppress(OSError, ValueError):  # a closed pipe fails nobody's request
        print(*lines, sep="\n", flush=True)


def complain(message: str) -> None:
    """The one line of a request that could not be carried out."""
    print(f"clearway: {printable(' '.join(message.split()))}", file=sys.stderr, flush=True)
