"""What a run of the suites came to, for people and for a CI log."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.compat.suite import Result

HEAD = (
    "suite",
    "version",
    "Clearway",
    "passed",
    "failed",
    "skipped",
    "xfailed",
    "excluded",
    "apps",
    "requests",
    "calls",
    "seconds",
)

COUNT = re.compile(r"\b(passed|failed|errors?|skipped|deselected|no tests ran)\b.* in [\d.]+s\b")


def table(results: Sequence[Result]) -> Iterator[str]:
    """One line a suite."""
    rows = [HEAD, *(row(result) for result in results)]
    widths = [max(len(line[column]) for line in rows) for column in range(len(HEAD))]
    for line in rows:
        cells = (
            cell.ljust(width) if column < 3 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        yield "  ".join(cells).rstrip()


def row(result: Result) -> tuple[str, ...]:
    counts = result.counts
    numbers = (
        counts.get("passed", 0),
        counts.get("failed", 0) + counts.get("error", 0) + counts.get("xpassed", 0),
        counts.get("skipped", 0),
        counts.get("xfailed", 0),
        len(result.excluded),
        result.clearway.get("apps", 0),
        result.clearway.get("requests", 0),
        result.clearway.get("calls", 0),
    )
    installed = "out" if result.plain else "installed"
    return (
        result.suite,
        result.version,
        installed,
        *(f"{number:,}" for number in numbers),
        f"{result.seconds:.0f}",
    )


def verdict(results: Sequence[Result]) -> Iterator[str]:
    """What was left out and why, and what is wrong."""
    for result in results:
        for each in result.excluded:
            where = f", as {each.only_as}" if each.only_as else ""
            yield f"{result.suite}: excluded{where}: {each.test}: {each.reason}"
        for fault, times in result.faults.items():
            yield f"{result.suite}: fault of Clearway's, {times} times: {fault}"
    for result in results:
        for problem in result.problems:
            yield f"{result.suite}: FAILED: {problem}"
    if not any(result.problems for result in results):
        yield "every suite passed"


def closing(results: Sequence[Result]) -> Iterator[str]:
    """pytest's own last line of each suite, unmodified."""
    for result in results:
        yield f"{result.suite} {result.version}, pytest's own count:"
        counts = [line for line in result.closing if COUNT.search(line)]
        yield from counts[-1:] or result.closing[-5:]
