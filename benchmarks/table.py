"""The table of a run."""

from __future__ import annotations

from collections.abc import Iterable

from benchmarks.result import PLAIN, Outcome, Row

HEADINGS = ("case", "plain", "Clearway", "ratio", "target", "")


def ratio_text(row: Row) -> str:
    if row.ratio is None:
        return ""
    spread = f" ({row.spread[0]:.2f}–{row.spread[1]:.2f})" if row.spread and row.spread[0] != row.spread[1] else ""
    return f"{row.ratio:.2f} ×{spread}" if row.ratio < 100 else f"{row.ratio:.0f} ×"


def cells(row: Row) -> tuple[str, ...]:
    base = "" if row.base is None else str(row.base) if row.beside == PLAIN else f"[{row.base}]"
    return (row.title, base, str(row.clearway), ratio_text(row), row.target_text, row.verdict)


def table(outcomes: Iterable[Outcome]) -> str:
    """All rows in columns, with what else there is to say below them."""
    outcomes = list(outcomes)
    rows = [row for outcome in outcomes for row in outcome.rows]
    lines = [HEADINGS, *(cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]
    text = [_line(line, widths) for line in lines]
    text.insert(1, "─" * (sum(widths) + 2 * (len(widths) - 1)))
    text += [""] + [
        f"{outcome.case}: could not be measured: {outcome.failure}" for outcome in outcomes if outcome.failure
    ]
    text += [f"{outcome.case}: {row.note}" for outcome in outcomes for row in outcome.rows if row.note]
    if any(row.beside != PLAIN for row in rows):
        text.append("[…]: async def in the same server, instead of plain FastAPI.")
    return "\n".join(text)


def _line(line: tuple[str, ...], widths: list[int]) -> str:
    first, *others = line
    padded = [first.ljust(widths[0])]
    padded += [cell.rjust(width) for cell, width in zip(others[:-1], widths[1:-1], strict=True)]
    return "  ".join([*padded, others[-1]]).rstrip()


def summary(outcomes: Iterable[Outcome]) -> str:
    """One line: how many targets were met."""
    demanded = [row for outcome in outcomes for row in outcome.rows if row.met is not None]
    met = sum(row.met is True for row in demanded)
    return f"{met} of {len(demanded)} targets met"
