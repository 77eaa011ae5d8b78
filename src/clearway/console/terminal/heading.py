"""The lines around the panes of `clearway top`: where one is, the diagnosis, the totals, the tabs, the replay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from clearway.console.terminal.panes import clock
from clearway.console.terminal.words import duration, number, printable, rate

if TYPE_CHECKING:
    from clearway.console.terminal.live import Link
    from clearway.console.terminal.picture import Picture, Totals
    from clearway.console.terminal.replay import Replay

SEVERITIES = {"error": "bold red", "warning": "yellow", "advice": "cyan"}


class Place(NamedTuple):
    """What is looked at, and how it is connected; no link for a recording."""

    name: str
    link: Link | None
    is_paused: bool


def title_line(picture: Picture, place: Place, width: int) -> Text:
    """App and place to the left; how it is connected, which worker and what time to the right."""
    workers = picture.seen.state.workers
    app = printable(next(iter(workers.values())).header.app) if workers else ""
    right = _status(place)
    right.append(f"  {_worker(picture)}  {clock(picture, picture.seen.state.at_us)}")
    left = f"{app or 'clearway top'}  {printable(place.name)}"
    room = max(10, width - right.cell_len - 1)
    if cell_len(left) > room - 1:
        left = set_cell_size(left, room - 2) + "…"
    text = Text(no_wrap=True, overflow="ellipsis")
    text.append(set_cell_size(left, room), "bold")
    return text.append_text(right)


def _status(place: Place) -> Text:
    if place.link is None:
        return Text("recorded", "cyan")
    if not place.link.is_live:
        return Text("not connected", "bold red")
    return Text("paused", "bold yellow") if place.is_paused else Text("● live", "green")


def _worker(picture: Picture) -> str:
    if picture.worker is not None:
        return f"worker {picture.worker}"
    alive = len(picture.alive())
    return "no worker" if alive == 0 else "1 worker" if alive == 1 else f"all {alive} workers"


def doctor_text(told: dict[str, Any] | None) -> Text:
    """The sentence, in the colour of its severity."""
    if told is None:
        return Text("no diagnosis yet", "dim")
    severity = str(told.get("severity"))
    return Text(printable(str(told.get("sentence", ""))), SEVERITIES.get(severity, "green"))


def totals_text(totals: Totals) -> Text:
    """Two lines; what is out of order stands out, also without colours."""
    text = Text(no_wrap=True)
    figures = [
        (rate(totals.rate), "requests/s", ""),
        (number(totals.in_flight), "in flight", ""),
        _loop(totals),
        (number(totals.stalls), "stall" if totals.stalls == 1 else "stalls", "bold red" if totals.stalls else ""),
        (
            number(totals.losses),
            "lost call" if totals.losses == 1 else "lost calls",
            "bold red" if totals.losses else "",
        ),
    ]
    _append(text, figures)
    text.append("\n")
    threads = f"{number(totals.busy)}/{number(totals.live)}/{number(totals.limit)}"
    figures = [
        (threads, "threads busy/live/limit", ""),
        (number(totals.queued), "queued", "yellow" if totals.queued else ""),
        (number(totals.dropped), "dropped", "yellow" if totals.dropped else ""),
    ]
    figures += [
        (number(count), name, "yellow")
        for name, count in (("missed", totals.missed), ("unreadable", totals.unreadable))
        if count
    ]
    _append(text, figures)
    return text


def _loop(totals: Totals) -> tuple[str, str, str]:
    if totals.overdue_ms:
        return f" loop stands still {duration(totals.overdue_ms)}", "", "bold reverse red"
    return f"{totals.loop_cpu:.0%}", "loop CPU", "yellow" if totals.loop_cpu > 0.9 else ""


def _append(text: Text, figures: list[tuple[str, str, str]]) -> None:
    for value, name, style in figures:
        text.append(value, style or "bold")
        text.append(f" {name}", style or "dim")
        text.append("   ")


def tabs_line(pane: str, picture: Picture) -> Text:
    """The pane that is shown is reversed; with how many are in it, which can be fewer than there ever were."""
    text = Text(no_wrap=True)
    counts = {"stalls": sum(1 for _ in picture.stalls()), "losses": len(picture.losses())}
    for place, name in enumerate(("routes", "stalls", "pool", "losses"), 1):
        count = f" {number(counts[name])}" if counts.get(name) else ""
        text.append(f" {place} {name.title()}{count} ", "bold reverse" if name == pane else "")
        text.append(" ")
    return text


def link_text(link: Link) -> Text:
    """Why there is no connection, and what happens next."""
    retry = f"; trying again in {link.retry_s:g} s" if link.retry_s is not None else ""
    return Text(f"{printable(link.why)}{retry}", "bold red")


def replay_line(replay: Replay, width: int) -> Text:
    """Where in the recording, how fast; and where the file breaks off."""
    at_s, end_s = ((us - replay.start_us) / 1e6 for us in (replay.at_us, replay.end_us))
    state = "▶" if replay.is_playing else "■"
    label = f"{state} {_minutes(at_s)} / {_minutes(end_s)}  ×{replay.speed:g} "
    broken = replay.recording.broken
    note = f"  breaks off at {broken.partition(':')[0]}" if broken else ""
    room = max(0, width - cell_len(label + note) - 1)
    done = round(room * at_s / end_s) if end_s > 0 else room
    text = Text(no_wrap=True)
    text.append(label, "bold")
    text.append("━" * done, "cyan")
    text.append("─" * (room - done), "dim")
    return text.append(note, "yellow")


def _minutes(seconds: float) -> str:
    minutes, rest = divmod(max(0.0, seconds), 60)
    return f"{int(minutes)}:{rest:04.1f}"
