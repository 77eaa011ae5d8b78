"""One picture as text, or as JSON (`clearway.top/1`), for pipes, tickets and scripts."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len, set_cell_size

from clearway.console.terminal.diagnosis import diagnosis
from clearway.console.terminal.words import cause_text, duration, number, place, printable, rate
from clearway.model import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clearway.console.terminal.picture import Culprit, Picture, Route

SCHEMA = "clearway.top/1"
MOST_STALLS = 20
MOST_LOSSES = 10
WIDEST = 48
"""Cells of a name."""


def json_report(picture: Picture, source: str) -> str:
    """The contract: keys may be added, those that are here keep their meaning. ASCII, so that nothing escapes."""
    state = picture.seen.state
    told = {
        "schema": SCHEMA,
        "source": source,
        "at": _at(picture),
        "window_s": round(picture.window_s, 3),
        "workers": [
            {"worker": pid, "app": worker.header.app, "versions": worker.header.versions, "gone": worker.is_gone}
            for pid, worker in state.workers.items()
        ],
        "doctor": diagnosis(picture.seen),
        "totals": asdict(picture.totals()),
        "routes": [_route(row) for row in picture.routes()],
        "stalls": [_culprit(culprit) for culprit in picture.culprits()],
        "losses": [
            {"worker": item.worker, "at": _epoch(picture, item.at_us), **asdict(item.what)} for item in picture.losses()
        ],
    }
    return json.dumps(told, indent=2) + "\n"


def json_diagnosis(picture: Picture, source: str) -> str:
    """The diagnosis alone."""
    told = {"schema": SCHEMA, "source": source, "at": _at(picture), "doctor": diagnosis(picture.seen)}
    return json.dumps(told, indent=2) + "\n"


def text_diagnosis(picture: Picture) -> str:
    """The diagnosis alone: the sentence, the evidence, the next step."""
    return "\n".join(doctor_lines(diagnosis(picture.seen))) + "\n"


def text_report(picture: Picture, source: str) -> str:
    """What one would see on the screen, in one go."""
    parts = [
        [_heading(picture, source)],
        doctor_lines(diagnosis(picture.seen)),
        totals_lines(picture),
        _routes(picture),
        _stalls(picture),
        _losses(picture),
    ]
    return "\n\n".join("\n".join(lines) for lines in parts if lines) + "\n"


def doctor_lines(told: dict[str, Any] | None) -> list[str]:
    """Sentence, evidence and next step of a diagnosis, whatever is in it."""
    if told is None:
        return ["doctor: no diagnosis has been told"]
    lines = [f"doctor: {printable(str(told.get('sentence', '')))}"]
    evidence = told.get("evidence")
    facts = evidence if isinstance(evidence, list | tuple) else [evidence] if evidence else []
    lines += [f"  - {printable(str(fact))}" for fact in facts]
    if told.get("next_step"):
        lines.append(f"  next: {printable(str(told['next_step']))}")
    return lines


def totals_lines(picture: Picture) -> list[str]:
    """The totals in two lines."""
    totals = picture.totals()
    first = [
        f"{rate(totals.rate)} requests/s",
        f"{number(totals.in_flight)} in flight",
        f"loop CPU {totals.loop_cpu:.0%}",
        counted(totals.stalls, "stall"),
        f"{totals.losses} lost",
    ]
    if totals.overdue_ms:
        first.insert(3, f"loop stands still for {duration(totals.overdue_ms)}")
    second = [
        f"threads {totals.busy} busy / {totals.live} live / {totals.limit} limit",
        f"{number(totals.queued)} queued",
    ]
    left_out = {"dropped": totals.dropped, "missed": totals.missed, "unreadable": totals.unreadable}
    second += [f"{number(count)} {what}" for what, count in left_out.items() if count or what == "dropped"]
    return ["  ".join(first), "  ".join(second)]


def _heading(picture: Picture, source: str) -> str:
    workers = picture.seen.state.workers
    app = next(iter(workers.values())).header.app if workers else ""
    alive = len(picture.alive())
    parts = (printable(app), printable(source), counted(alive, "worker"), _utc(_at(picture)))
    return "  ".join(part for part in parts if part)


def _utc(at_s: float | None) -> str:
    try:
        return datetime.fromtimestamp(at_s or 0, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    except (OverflowError, ValueError, OSError):  # a file may claim any time
        return "?"


def _routes(picture: Picture) -> list[str]:
    rows = sorted(picture.routes(), key=lambda row: -row.now.requests)
    cells = [
        [
            printable(row.now.route),
            printable(row.lane or ""),
            rate(row.now.rate),
            *(duration(ms) for ms in (row.now.p50_ms, row.now.p95_ms, row.now.p99_ms)),
            duration(row.now.wait_ms if row.now.requests else None),
            str(row.stalls),
        ]
        for row in rows
    ]
    header = [f"routes, last {picture.window_s:.0f} s", "lane", "req/s", "p50", "p95", "p99", "wait", "stalls"]
    return _table([header, *cells], "<<>>>>>>")


def _stalls(picture: Picture) -> list[str]:
    culprits = picture.culprits()
    if not culprits:
        return ["stalls: none"]
    cells = [
        [
            _where(culprit),
            cause_text(culprit.last.what.cause, culprit.last.what.operation),
            str(culprit.count),
            duration(culprit.worst_ms),
            duration(culprit.total_ms),
            duration(culprit.lost_ms),
            printable(culprit.route or ""),
        ]
        for culprit in culprits[:MOST_STALLS]
    ]
    header = ["stalls", "cause", "count", "worst", "total", "lost", "route"]
    lines = _table([header, *cells], "<<>>>><")
    return [*lines, *_more(len(culprits) - MOST_STALLS, "culprit")]


def _where(culprit: Culprit) -> str:
    frame = culprit.last.what.culprit
    return place(frame.file, frame.line) if frame else "(no line)"


def _losses(picture: Picture) -> list[str]:
    losses = picture.losses()
    if not losses:
        return []
    cells = [
        [printable(item.what.route), item.what.lane, printable(item.what.call), printable(item.what.reason)]
        for item in losses[:MOST_LOSSES]
    ]
    lines = _table([["lost", "lane", "call", "reason"], *cells], "<<<<")
    return [*lines, *_more(len(losses) - MOST_LOSSES, "lost call")]


def _more(count: int, noun: str) -> list[str]:
    return [f"… and {counted(count, f'more {noun}')}"] if count > 0 else []


def _table(rows: Sequence[Sequence[str]], align: Sequence[str]) -> list[str]:
    """Columns as wide as what is in them; what is too wide is cut. The last one may go on."""
    widths = [min(WIDEST, max(cell_len(row[column]) for row in rows)) for column in range(len(align))]
    lines = []
    for row in rows:
        cells = []
        for column, cell in enumerate(row):
            width = widths[column]
            if column == len(row) - 1 and align[column] == "<":
                cells.append(cell)
            elif cell_len(cell) > width:
                cells.append(set_cell_size(cell, width - 1) + "…")
            else:
                pad = " " * (width - cell_len(cell))
                cells.append(cell + pad if align[column] == "<" else pad + cell)
        lines.append("  ".join(cells).rstrip())
    return lines


def _route(row: Route) -> dict[str, Any]:
    return {
        "lane": row.lane,
        "why": (row.table or {}).get("why"),
        "stalls": row.stalls,
        **asdict(row.now),
    }


def _culprit(culprit: Culprit) -> dict[str, Any]:
    stall = culprit.last.what
    return {
        "cause": stall.cause,
        "operation": stall.operation,
        "culprit": asdict(stall.culprit) if stall.culprit else None,
        "call": stall.call,
        "routes": [route for route, _ in culprit.routes.most_common()],
        "count": culprit.count,
        "total_ms": round(culprit.total_ms, 3),
        "worst_ms": round(culprit.worst_ms, 3),
        "lost_ms": round(culprit.lost_ms, 3),
        "victims": culprit.victims,
        "stack": [asdict(frame) for frame in stall.stack],
    }


def _at(picture: Picture) -> float | None:
    return _epoch(picture, picture.seen.state.at_us)


def _epoch(picture: Picture, at_us: int) -> float | None:
    origin = picture.seen.state.origin
    return None if origin is None else round(origin + at_us / 1e6, 3)
