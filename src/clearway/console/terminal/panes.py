"""What each pane of `clearway top` shows of a picture: columns that fit the width, and rows."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from rich.text import Text

from clearway.console.terminal.listing import Cell, Column, Row
from clearway.console.terminal.words import (
    bars,
    cause_text,
    duration,
    number,
    place,
    printable,
    rate,
    sparkline,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from clearway.console.state import Tick
    from clearway.console.terminal.picture import Culprit, Picture, Route

SPARK_S = 3.0
"""Seconds of a column of a route's sparkline."""
LANES = {"loop": "green", "thread": "cyan", "process": "magenta", "cluster": "blue"}
ROUTE_SORTS = ("app", "route", "lane", "rate", "p50", "p95", "p99", "wait", "stalls")
"""`app` is the order in which the app declares its routes."""
STALL_SORTS = ("lost", "count", "total", "worst", "latest")


def route_columns(width: int, sort: str, *, reverse: bool) -> list[Column]:
    """The name takes what the others leave."""
    figures = 7 if width >= 100 else 6
    spark = min(42, max(8, (width - 80) // 2 + 8))
    shape = [
        ("lane", "lane", 8, False),
        ("rate", "req/s", figures + 1, True),
        ("p50", "p50", figures, True),
        ("p95", "p95", figures, True),
        ("p99", "p99", figures, True),
        ("wait", "wait", figures, True),
        ("stalls", "stalls", 8, True),
    ]
    rest = width - spark - sum(size for _, _, size, _ in shape)
    columns = [Column("route", "route", max(12, rest)), *(Column(*column) for column in shape)]
    return [*_marked(columns, sort, reverse), Column("spark", f" {(spark - 2) * SPARK_S:.0f} s", spark)]


def _marked(columns: list[Column], sort: str, reverse: bool) -> list[Column]:
    mark = "▲" if reverse else "▼"
    return [
        column._replace(label=f"{mark}{column.label}" if column.right else f"{column.label}{mark}")
        if column.key == sort
        else column
        for column in columns
    ]


def route_rows(picture: Picture, columns: list[Column], sort: str, *, reverse: bool) -> list[Row]:
    """Sorted; what is the same stands in the app's order."""
    rows = picture.routes()
    if sort != "app":
        rows.sort(key=_ROUTE_KEYS[sort])
    if reverse:
        rows.reverse()
    spark = columns[-1].width - 2
    rates = picture.rates(spark, SPARK_S)
    return [_route_row(row, rates.get(row.now.route, [])) for row in rows]


_ROUTE_KEYS: dict[str, Callable[[Route], tuple[float, str]]] = {
    "route": lambda row: (0, row.now.route),
    "lane": lambda row: (0, row.lane or ""),
    "rate": lambda row: (-row.now.rate, ""),
    "p50": lambda row: (-(row.now.p50_ms or -1), ""),
    "p95": lambda row: (-(row.now.p95_ms or -1), ""),
    "p99": lambda row: (-(row.now.p99_ms or -1), ""),
    "wait": lambda row: (-row.now.wait_ms, ""),
    "stalls": lambda row: (-row.stalls, ""),
}


def _route_row(row: Route, rates: list[float]) -> Row:
    now = row.now
    quiet = "" if now.requests else "dim"
    lane = printable(row.lane or "")
    return Row(
        now.route,
        [
            Cell(printable(now.route), quiet),
            Cell(lane, LANES.get(lane, "")),
            Cell(rate(now.rate), quiet),
            Cell(duration(now.p50_ms), quiet),
            Cell(duration(now.p95_ms), quiet),
            Cell(duration(now.p99_ms), quiet),
            Cell(duration(now.wait_ms if now.requests else None), quiet),
            Cell(str(row.stalls), "bold red" if row.stalls else "dim"),
            Cell(f" {sparkline(rates)}", "cyan"),
        ],
    )


def stall_columns(width: int, sort: str, *, reverse: bool) -> list[Column]:
    """Where, why, and what it has cost others."""
    shape = [("count", "count", 7, True), ("worst", "worst", 7, True), ("lost", "lost", 7, True)]
    if width >= 100:
        shape.insert(2, ("total", "total", 7, True))
    rest = width - sum(size for _, _, size, _ in shape)
    where = max(16, rest * 3 // 8)
    cause = max(12, (rest - where) * 9 // 16)
    columns = [Column("where", "culprit", where), Column("cause", "cause", cause)]
    columns += [Column(*column) for column in shape]
    return _marked([*columns, Column("route", " route", rest - where - cause)], sort, reverse)


def stall_rows(picture: Picture, columns: list[Column], sort: str, *, reverse: bool) -> list[Row]:
    culprits = sorted(picture.culprits(), key=_STALL_KEYS[sort], reverse=reverse)
    return [_stall_row(culprit, columns) for culprit in culprits]


_STALL_KEYS: dict[str, Callable[[Culprit], float]] = {
    "lost": lambda culprit: -culprit.lost_ms,
    "count": lambda culprit: -culprit.count,
    "total": lambda culprit: -culprit.total_ms,
    "worst": lambda culprit: -culprit.worst_ms,
    "latest": lambda culprit: -culprit.last.at_us,
}


def _stall_row(culprit: Culprit, columns: list[Column]) -> Row:
    stall = culprit.last.what
    cells = {
        "where": Cell(culprit_place(culprit), "bold" if stall.culprit else "dim"),
        "cause": Cell(cause_text(stall.cause, stall.operation)),
        "count": Cell(number(culprit.count)),
        "worst": Cell(duration(culprit.worst_ms)),
        "total": Cell(duration(culprit.total_ms)),
        "lost": Cell(duration(culprit.lost_ms), "bold red" if culprit.lost_ms else ""),
        "route": Cell(f" {printable(culprit.route or '')}"),
    }
    return Row(culprit.key, [cells[column.key] for column in columns])


def culprit_place(culprit: Culprit) -> str:
    frame = culprit.last.what.culprit
    return place(frame.file, frame.line) if frame else "(no line)"


def loss_columns(width: int) -> list[Column]:
    """What was lost, and why."""
    rest = width - 10 - 9
    route, call = rest // 3, rest // 4
    return [
        Column("at", "at", 10),
        Column("lane", "lane", 9),
        Column("route", "route", route),
        Column("call", "call", call),
        Column("reason", "reason", rest - route - call),
    ]


def loss_rows(picture: Picture) -> list[Row]:
    """The latest first."""
    return [
        Row(
            f"{item.worker} {item.at_us} {item.what.request}",
            [
                Cell(clock(picture, item.at_us)),
                Cell(item.what.lane, LANES.get(item.what.lane, "")),
                Cell(printable(item.what.route)),
                Cell(printable(item.what.call)),
                Cell(printable(item.what.reason), "red"),
            ],
        )
        for item in picture.losses()
    ]


def clock(picture: Picture, at_us: int) -> str:
    """The wall clock, in the reader's own zone."""
    origin = picture.seen.state.origin
    try:
        return datetime.fromtimestamp((origin or 0) + at_us / 1e6).strftime("%H:%M:%S")
    except (OverflowError, ValueError, OSError):  # a file may claim any time
        return "?"


class Series(NamedTuple):
    """One chart of the pool's pane."""

    name: str
    of: Callable[[Tick], float]
    shown: Callable[[float], str]
    style: str
    add: bool = True
    most: float | None = None
    """What the chart is high for; None for the highest value in it."""
    is_flat: bool = False
    """It hardly ever changes: one line is enough."""


def _count(value: float) -> str:
    return number(round(value))


SERIES = (
    Series("busy", lambda tick: tick.pool.busy if tick.pool else 0, _count, "cyan"),
    Series("live", lambda tick: tick.pool.live if tick.pool else 0, _count, "cyan"),
    Series("limit", lambda tick: tick.pool.limit if tick.pool else 0, _count, "dim", is_flat=True),
    Series("queued", lambda tick: tick.pool.queued if tick.pool else 0, _count, "yellow"),
    Series("computing", lambda tick: tick.pool.load if tick.pool else 0, lambda value: f"{value:.1f}", "magenta"),
    Series("in flight", lambda tick: tick.in_flight, _count, "blue"),
    Series("loop CPU", lambda tick: tick.loop_cpu, lambda value: f"{value:.0%}", "green", add=False, most=1.0),
)
POOL_S = 120.0


def pool_charts(picture: Picture, width: int, height: int) -> Text:
    """Threads, queue and loop over the last two minutes."""
    columns = max(10, width - 25)
    floors = max(1, min(4, (height - 3) // len(SERIES)))
    text = Text(no_wrap=True)
    text.append(f"{'':<12}{'now':>6}{'most':>6} last {POOL_S:.0f} s\n", "bold")
    for series in SERIES:
        values = picture.series(columns, POOL_S / columns, series.of, add=series.add)
        most = max(values)
        lines = bars(values, 1 if series.is_flat else floors, series.most or most)
        for line in lines[:-1]:
            text.append(" " * 25)
            text.append(f"{line}\n", series.style)
        text.append(f"{series.name:<12}{series.shown(values[-1]):>6}{series.shown(most):>6} ")
        text.append(f"{lines[-1]}\n", series.style)
    text.append_text(_lanes(picture))
    return text


def _lanes(picture: Picture) -> Text:
    """The other lanes, where there are any."""
    text = Text()
    for name, keys in OTHER_LANES.items():
        told = [lane for worker in picture.alive() if isinstance(lane := (worker.table or {}).get(name), dict)]
        if told:
            shown = [f"{number(_together(told, key))} {key.replace('_', ' ')}" for key in keys]
            text.append(f"{name:<12} {' / '.join(shown)}\n")
    return text


OTHER_LANES = {
    "processes": ("busy", "live", "limit", "queued", "killed", "lost"),
    "cluster": ("workers", "threads", "in_flight", "queued", "lost"),
}
"""Keys of a snapshot, and what of them is shown."""


def _together(lanes: list[dict[str, Any]], key: str) -> int:
    """Of all workers; they share one cluster."""
    counts = [count for lane in lanes if isinstance(count := lane.get(key), int)]
    return max(counts, default=0) if key in ("workers", "threads") else sum(counts)
