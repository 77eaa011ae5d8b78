"""Numbers and names as a terminal shows them: short, and harmless whatever an app or a file calls its routes."""

from __future__ import annotations

import math
from pathlib import PurePath
from typing import TYPE_CHECKING

from clearway.check.report.lines import printable as printable

if TYPE_CHECKING:
    from collections.abc import Sequence

NONE = "–"
BLOCKS = " ▁▂▃▄▅▆▇█"
CAUSES = {
    "blocking_call": "blocking call",
    "cpu": "computing",
    "garbage_collection": "garbage collection",
    "gil": "other threads held the GIL",
    "machine": "the machine ran something else",
}


def cause_text(cause: str, operation: str | None = None) -> str:
    """`blocking call time.sleep`."""
    text = CAUSES.get(cause, cause)
    return printable(f"{text} {operation}" if operation else text)


def duration(ms: float | None) -> str:
    """At most five characters for what can happen: `840µs`, `1.2ms`, `38ms`, `2.1s`, `4min`."""
    if ms is None or not math.isfinite(ms):
        return NONE
    if ms <= 0:
        return "0"
    if ms < 0.9995:
        return f"{max(1, round(ms * 1000))}µs"
    if ms < 999.5:
        return f"{_digits(ms)}ms"
    if ms < 99_950:
        return f"{_digits(ms / 1000)}s"
    minutes = round(ms / 60_000)
    return f"{minutes}min" if minutes < 100 else f"{number(round(minutes / 60))}h"


def rate(per_second: float) -> str:
    """Requests a second."""
    if 0 < per_second < 9.95:
        return f"{per_second:.1f}"
    return number(round(per_second))


def number(value: int) -> str:
    """A count, short from ten thousand on."""
    if value < 10_000:
        return str(value)
    return f"{_digits(value / 1000)}k" if value < 999_500 else f"{_digits(value / 1e6)}M"


def _digits(value: float) -> str:
    return f"{value:.1f}" if value < 9.95 else f"{value:.0f}"


def short_file(file: str) -> str:
    """The end of a path, enough to know it by."""
    parts = PurePath(file).parts
    if "site-packages" in parts:
        kept = parts[len(parts) - parts[::-1].index("site-packages") :]
        return printable("/".join(kept))
    return printable("/".join(parts[-2:]).lstrip("/") if len(parts) > 2 else file)


def place(file: str | None, line: int, *, short: bool = True) -> str:
    """`app/main.py:12`; nothing where no line is to blame."""
    if file is None:
        return ""
    return f"{short_file(file) if short else printable(file)}:{line}"


def sparkline(values: Sequence[float], most: float | None = None) -> str:
    """One character a value. What is not zero is never shown as nothing."""
    return bars(values, 1, most)[0] if values else ""


def bars(values: Sequence[float], height: int, most: float | None = None) -> list[str]:
    """Columns of a chart, as lines from the top. The highest column is `most`, or the greatest value."""
    top = max([*values, 0.0]) if most is None else most
    eighths = [_eighths(value, top, height) for value in values]
    return [
        "".join(BLOCKS[min(8, max(0, column - 8 * floor))] for column in eighths) for floor in range(height - 1, -1, -1)
    ]


def _eighths(value: float, top: float, height: int) -> int:
    if value <= 0 or top <= 0:
        return 0
    return max(1, min(8 * height, round(value / top * 8 * height)))
