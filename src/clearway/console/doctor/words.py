"""Numbers, places and names in sentences. All names are the app's: nothing that could move a cursor gets through."""

from __future__ import annotations

from clearway.model import counted, shown

LONGEST = 160


def plain(text: object) -> str:
    """Printable, in one line, of a bounded length."""
    printable = "".join(each if each.isprintable() else "?" for each in str(text)[: LONGEST + 1])
    return printable if len(printable) <= LONGEST else printable[: LONGEST - 1] + "…"


def place(file: object, line: object) -> str:
    """`app/main.py:12`."""
    return plain(f"{shown(str(file))}:{line}")


def share(part: float) -> str:
    """`34 %`."""
    return f"{min(1.0, part) * 100:.0f} %"


def seconds(length_s: float) -> str:
    """`85 ms`, `2.4 s`."""
    return f"{length_s * 1000:.0f} ms" if length_s < 0.9995 else f"{length_s:.1f} s"


def about(number: float) -> str:
    """An average that is said as a whole number where it is one of some size."""
    return f"{number:.0f}" if number >= 9.5 else f"{number:.1f}".removesuffix(".0")


def calls(number: float) -> str:
    """`1 call`, `12 calls`: of an average."""
    return counted(max(1, round(number)), "call")


def at_route(route: str | None) -> str:
    """` (GET /items)`, or nothing."""
    return f" ({plain(route)})" if route else ""
