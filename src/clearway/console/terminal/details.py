"""What stands behind a row, and the help: read over the view, and closed again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from rich.text import Text
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from clearway.console.terminal.panes import clock
from clearway.console.terminal.words import cause_text, duration, number, place, printable, short_file
from clearway.model import counted, shown

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from clearway.console.terminal.picture import Culprit, Picture, Route

PARTS = {
    "latency_ms": "latency",
    "wait_ms": "wait for a lane",
    "run_ms": "run",
    "return_wait_ms": "return wait",
    "framework_ms": "framework",
}
MOST_VICTIMS = 20


class Detail(ModalScreen[None]):
    """A page to scroll; any of Escape, Enter and q closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter,q,question_mark", "dismiss", "Back"),
        Binding("j,down", "scroll(1)", "Down", show=False),
        Binding("k,up", "scroll(-1)", "Up", show=False),
        Binding("pagedown,space", "scroll(10)", "Page down", show=False),
        Binding("pageup", "scroll(-10)", "Page up", show=False),
    ]

    def __init__(self, title: str, text: Text) -> None:
        super().__init__()
        self._title, self._text = title, text

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="detail") as box:
            box.border_title = Text(self._title)
            box.border_subtitle = "Esc: back"
            yield Static(self._text)

    def action_scroll(self, lines: int) -> None:
        self.query_one("#detail").scroll_relative(y=lines, animate=False)


def stall_text(picture: Picture, culprit: Culprit) -> Text:
    """The latest stall of a culprit in full, and what all of them have cost."""
    stall = culprit.last.what
    text = Text()
    text.append(f"{cause_text(stall.cause, stall.operation)}\n", "bold red")
    if stall.culprit:
        text.append(f"{_file(stall.culprit.file)}:{stall.culprit.line}", "bold")
        text.append(f" in {printable(stall.culprit.function)}\n")
    for route, count in culprit.routes.most_common(5):
        text.append(f"{printable(route)}  {number(count)} ×\n")
    if stall.call:
        text.append(f"call  {printable(stall.call)}\n")
    text.append(f"\n{counted(culprit.count, 'stall')}", "bold")
    text.append(f", {duration(culprit.total_ms)} together, the worst {duration(culprit.worst_ms)}\n")
    text.append(f"{counted(culprit.victims, 'request')} waited, and lost {duration(culprit.lost_ms)}\n")
    text.append("\nThe latest\n", "bold")
    text.append(f"{clock(picture, culprit.last.at_us)}  {duration(stall.duration_s * 1000)}  ")
    text.append(f"worker {culprit.last.worker}\n")
    if stall.starved_s * 4 >= stall.duration_s:
        text.append(f"{duration(stall.starved_s * 1000)} of it waiting for a core or the GIL\n")
    if stall.stack:
        text.append("\nIts stack, innermost first\n", "bold")
    for frame in reversed(stall.stack):
        style = "bold" if frame == stall.culprit else ""
        text.append(f"  {_file(frame.file)}:{frame.line}", style)
        text.append(f" in {printable(frame.function)}\n", style)
    if stall.victims:
        text.append("\nWho waited\n", "bold")
    for victim in stall.victims[:MOST_VICTIMS]:
        at_most = "at most " if victim.arrived_during else ""
        text.append(f"  {at_most}{duration(victim.waited_s * 1000)}  {printable(victim.route)}\n")
    if stall.victim_count > min(len(stall.victims), MOST_VICTIMS):
        text.append(f"  … {number(stall.victim_count)} in all\n")
    return text


def route_text(row: Route) -> Text:
    """Where a route's calls run and why, and the parts of its requests."""
    text = Text()
    table = row.table or {}
    text.append(f"{printable(row.lane or 'no lane')}", "bold")
    text.append(f"  {_said(table.get('why'))}\n")
    if table.get("call"):
        text.append(f"{_said(table['call'])}  {_place(table)}\n")
    dependencies = table.get("dependencies")
    for entry in dependencies if isinstance(dependencies, list) else ():
        if isinstance(entry, dict):
            text.append(f"  + {_said(entry.get('call'))}  {_said(entry.get('lane'))}  {_said(entry.get('why'))}\n")
    counts = [(key, table.get(key)) for key in ("requests", "running", "queued", "refused", "withdrawn")]
    text.append("\n" + "  ".join(f"{key} {count}" for key, count in counts if isinstance(count, int)) + "\n")
    if table.get("latency_ms"):
        text.append(f"\n{'its latest requests':<20}{'mean':>8}{'p50':>8}{'p95':>8}{'p99':>8}{'max':>8}\n", "bold")
    for key, name in PARTS.items():
        times = table.get(key)
        if isinstance(times, dict):
            figures = [times.get(part) for part in ("mean", "p50", "p95", "p99", "max")]
            cells = [duration(value) if isinstance(value, int | float) else "–" for value in figures]
            text.append(f"{name:<20}{''.join(f'{cell:>8}' for cell in cells)}\n")
    return text


def _file(file: str) -> str:
    """Of an installed package without the way to it."""
    return short_file(file) if "site-packages" in file else printable(shown(file))


def _said(value: Any) -> str:
    return "" if value is None else printable(str(value))


def _place(table: dict[str, Any]) -> str:
    file, line = table.get("file"), table.get("line")
    return place(shown(file), line, short=False) if isinstance(file, str) and isinstance(line, int) else ""


HELP = """\
1 2 3 4      routes, stalls, pool, losses (also Tab and Shift+Tab)
↑ ↓ j k      move; Page Up, Page Down, Home, End
Enter        what stands behind a row: lanes, parts, stack, who waited
s  S         sort by the next column, by the one before
r            turn the order round
w            next worker, or all
d            the diagnosis in full
space        pause, and go on; what comes meanwhile is kept
?            this help
q            quit

In a recording
space        play, and stand still
← →          5 s back, and on; with Shift a minute
, .          a frame back, and on
- +          slower, faster
a  e         to the start, to the end

Rates and percentiles are of the last ten seconds; p50, p95 and p99 are
at most 9 % too high. wait is the mean wait for a lane. lost is the time
that other requests lost by a stall. Of several workers everything is
added up, but for the loop: that of the busiest.
"""
