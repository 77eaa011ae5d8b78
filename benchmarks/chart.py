"""The chart of a run: how many times better than plain FastAPI, and what was aimed at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawing
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from benchmarks.result import PLAIN, Outcome, Row

MET, MISSED, FREE, MARK, TEXT, FAINT = "#2f7d5b", "#c8553d", "#8a97a8", "#1c2430", "#1c2430", "#5b6675"
STYLE: dict[Any, Any] = {"font.family": "DejaVu Sans", "font.size": 10, "svg.hashsalt": "clearway"}
BAR, ROOM = 0.56, 0.46
"""A bar's height, and the inches that a row gets."""


def draw(outcomes: Iterable[Outcome], caption: str, folder: Path) -> list[Path]:
    """Write `chart.svg` and `chart.png` and return their paths; nothing where no row has a ratio."""
    rows = [(titled, row) for outcome in outcomes for titled, row in _with_ratio(outcome)]
    if not rows:
        return []
    with rc_context(STYLE):
        drawing = Drawing(figsize=(10.5, 1.9 + ROOM * len(rows)), facecolor="white", layout="constrained")
        axes = drawing.add_subplot()
        _bars(axes, rows)
        _scale(axes, [row for _, row in rows])
        _words(drawing, axes, caption)
        paths = [folder / "chart.svg", folder / "chart.png"]
        drawing.savefig(paths[0], metadata={"Date": None})
        drawing.savefig(paths[1], dpi=160)
    return paths


def _with_ratio(outcome: Outcome) -> list[tuple[str, Row]]:
    """The rows that have a bar, with titles that do not lean on the row above."""
    first = outcome.rows[0].title if outcome.rows else ""
    subject = first.split(",")[0].split(":")[0]
    return [
        (row.title.replace("…", f"{subject},", 1) if row.title.startswith("… ") else row.title, row)
        for row in outcome.rows
        if row.ratio is not None
    ]


def _bars(axes: Axes, rows: Sequence[tuple[str, Row]]) -> None:
    for place, (_, row) in enumerate(rows):
        ratio = row.ratio or 1.0
        colour = {None: FREE, True: MET, False: MISSED}[row.met]
        pale = 0.55 if row.beside != PLAIN else 1.0
        axes.barh(place, ratio - 1, left=1, height=BAR, color=colour, alpha=pale, zorder=2)
        if abs(ratio - 1) < 0.05:  # a bar too thin to see still shows where it ends
            axes.plot([ratio], [place], marker="o", color=colour, alpha=pale, markersize=7, zorder=3)
        if row.target_ratio is not None:
            half = BAR / 2 + 0.1
            axes.plot([row.target_ratio] * 2, [place - half, place + half], color=MARK, linewidth=2, zorder=4)
        end = max(ratio, row.target_ratio or 0.0, 1.0)
        axes.annotate(
            _label(row), (end, place), xytext=(10, 0), textcoords="offset points", va="center", color=TEXT
        )
    axes.set_yticks(range(len(rows)), [title for title, _ in rows])
    axes.set_ylim(len(rows) - 0.4, -0.6)


def _label(row: Row) -> str:
    ratio = row.ratio or 0.0
    text = f"{ratio:.2f} ×" if ratio < 10 else f"{ratio:.0f} ×"
    return f"{text}   {row.base} → {row.clearway}" if row.beside == PLAIN else f"{text}   of {row.base}"


def _scale(axes: Axes, rows: Sequence[Row]) -> None:
    shown = [value for row in rows for value in (row.ratio, row.target_ratio) if value]
    low, high = min(0.8, *(value * 0.9 for value in shown)), max(2.0, *shown)
    axes.set_xscale("log")
    axes.set_xlim(low, high * (high / low) ** 0.42)  # room for the labels
    ticks = [
        tick
        for tick in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
        if low <= tick <= high * 1.2
    ]
    axes.xaxis.set_major_locator(FixedLocator(ticks))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda tick, _: f"{tick:g} ×"))
    axes.axvline(1, color=FAINT, linewidth=1, zorder=1)
    axes.grid(axis="x", color="#e6e9ee", linewidth=0.8, zorder=0)
    axes.tick_params(axis="both", length=0, labelcolor=TEXT)
    axes.tick_params(axis="x", labelcolor=FAINT)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _words(drawing: Drawing, axes: Axes, caption: str) -> None:
    drawing.suptitle(
        "Clearway beside plain FastAPI, times better",
        x=0.012,
        ha="left",
        fontsize=14,
        fontweight="bold",
        color=TEXT,
    )
    legend = [
        Patch(color=MET, label="target met"),
        Patch(color=MISSED, label="target missed"),
        Patch(color=FREE, label="no target"),
        Patch(color=FAINT, alpha=0.4, label="beside async def in the same server"),
        Line2D([], [], color=MARK, linewidth=2, label="target"),
    ]
    drawing.legend(
        handles=legend,
        loc="outside upper left",
        ncols=5,
        frameon=False,
        labelcolor=FAINT,
        fontsize=9,
        handlelength=1.2,
    )
    axes.set_xlabel(caption, color=FAINT, fontsize=8.5, loc="right", labelpad=10)
