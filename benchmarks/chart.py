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

MET, MISSED, FREE = "#2f7d5b", "#c8553d", "#8a97a8"
TEXT, FAINT, GRID = "#1c2430", "#5b6675", "#e8ebf0"
STYLE: dict[Any, Any] = {"font.family": "DejaVu Sans", "font.size": 10, "svg.hashsalt": "clearway"}
WIDTH, ROW, HEAD, FOOT = 11.0, 0.42, 1.05, 0.75
"""Inches: the drawing's width, a row's height, the room above the rows and below them."""
BAR = 0.5
LEFT, RIGHT = 0.36, 0.71
"""Where the bars begin and end, as parts of the width: titles stand left of them, figures right."""
RATIO_X, BASE_X, ARROW_X, CLEARWAY_X = 1.15, 1.42, 1.475, 1.74
"""The columns of figures, in widths of the bars' area; their right edges, the arrow's centre."""
TICKS = (0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)


def draw(outcomes: Iterable[Outcome], caption: str, folder: Path) -> list[Path]:
    """Write `chart.svg` and `chart.png` and return their paths; nothing where there is nothing to draw."""
    rows = [row for outcome in outcomes for row in outcome.rows if _belongs(row)]
    if not rows:
        return []
    height = HEAD + ROW * len(rows) + FOOT
    with rc_context(STYLE):
        drawing = Drawing(figsize=(WIDTH, height), facecolor="white")
        axes = drawing.add_axes((LEFT, FOOT / height, RIGHT - LEFT, ROW * len(rows) / height))
        _scale(axes, rows)
        for place, row in enumerate(rows):
            _bar(axes, place, row)
            _figures(axes, place, row)
        _words(drawing, axes, height, caption)
        paths = [folder / "chart.svg", folder / "chart.png"]
        drawing.savefig(paths[0], metadata={"Date": None})
        drawing.savefig(paths[1], dpi=160)
    return paths


def _belongs(row: Row) -> bool:
    """What has a ratio, and what should have one but was never answered."""
    return row.ratio is not None or (row.base is not None and row.base.unit == "s")


def _colour(row: Row) -> str:
    return {None: FREE, True: MET, False: MISSED}[row.met]


def _bar(axes: Axes, place: int, row: Row) -> None:
    if row.ratio is not None:
        axes.barh(
            place,
            row.ratio - 1,
            left=1,
            height=BAR,
            color=_colour(row),
            alpha=1.0 if row.beside == PLAIN else 0.45,
            zorder=2,
        )
        if abs(row.ratio - 1) < 0.1:  # too thin to be seen as a bar
            axes.plot([row.ratio], [place], marker="o", color=_colour(row), markersize=6, zorder=3)
    if row.target_ratio is not None:
        mark = [place - BAR / 2 - 0.1, place + BAR / 2 + 0.1]
        axes.plot([row.target_ratio] * 2, mark, color=TEXT, linewidth=2, solid_capstyle="butt", zorder=4)


def _figures(axes: Axes, place: int, row: Row) -> None:
    def write(x: float, text: str, align: str = "right", **style: Any) -> None:
        axes.text(x, place, text, transform=axes.get_yaxis_transform(), ha=align, va="center", **style)

    ratio = "–" if row.ratio is None else f"{row.ratio:.2f} ×" if row.ratio < 10 else f"{row.ratio:.0f} ×"
    write(RATIO_X, ratio, color=_colour(row), fontweight="bold")
    write(BASE_X, str(row.base) if row.beside == PLAIN else f"[{row.base}]", color=FAINT)
    write(ARROW_X, "→", align="center", color=FAINT)
    write(CLEARWAY_X, str(row.clearway), color=TEXT)


def _scale(axes: Axes, rows: Sequence[Row]) -> None:
    shown = [value for row in rows for value in (row.ratio, row.target_ratio) if value]
    low, high = min(0.75, *(value * 0.85 for value in shown)), max(3.0, *(value * 1.3 for value in shown))
    axes.set_xscale("log")
    axes.set_xlim(low, high)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_yticks(range(len(rows)), [row.bar or row.title for row in rows])
    axes.xaxis.set_major_locator(FixedLocator([tick for tick in TICKS if low <= tick <= high]))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda tick, _: f"{tick:g}×"))
    axes.axvline(1, color=FAINT, linewidth=1, zorder=1)
    axes.grid(axis="x", color=GRID, linewidth=0.8, zorder=0)
    axes.set_axisbelow(True)
    axes.tick_params(axis="y", length=0, labelcolor=TEXT, pad=10)
    axes.tick_params(axis="x", length=0, labelcolor=FAINT, labelsize=8.5)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _words(drawing: Drawing, axes: Axes, height: float, caption: str) -> None:
    title = "Clearway beside plain FastAPI: how many times better"
    drawing.text(0.02, 1 - 0.34 / height, title, fontsize=14, fontweight="bold", color=TEXT, va="center")
    legend = [
        Patch(color=MET, label="target met"),
        Patch(color=MISSED, label="target missed"),
        Patch(color=FREE, label="no target"),
        Line2D([], [], color=TEXT, linewidth=2, label="target"),
    ]
    drawing.legend(
        handles=legend,
        loc="center left",
        bbox_to_anchor=(0.012, 1 - 0.7 / height),
        ncols=4,
        frameon=False,
        labelcolor=FAINT,
        fontsize=9,
        handlelength=1.2,
    )
    for x, heading in ((BASE_X, "plain"), (CLEARWAY_X, "Clearway")):
        axes.text(
            x,
            1 + 0.12 / (height - HEAD - FOOT),
            heading,
            transform=axes.transAxes,
            ha="right",
            color=FAINT,
            fontsize=9,
        )
    drawing.text(0.98, 0.2 / height, caption, fontsize=8.5, color=FAINT, ha="right", va="center")
    pale = "Pale bars and […]: beside async def in the same server."
    drawing.text(0.02, 0.2 / height, pale, fontsize=8.5, color=FAINT, va="center")
