"""`--format github`: workflow commands that GitHub shows beside the lines of a pull request."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from clearway.check.report.lines import printable
from clearway.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clearway.check.report.place import Place
    from clearway.check.report.selection import Selection
    from clearway.model import Finding

MOST_SHOWN = 10
"""Annotations of each level that GitHub shows for a step."""
_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.ADVICE: "notice"}


def workflow_commands(selection: Selection, place: Place) -> Iterator[str]:
    """One line for each finding, then one for each warning of the check; the first says if GitHub does not show all."""
    counted = Counter(finding.severity for finding in selection.shown)
    if any(count > MOST_SHOWN for count in counted.values()):
        told = ", ".join(f"{counted[severity]} of level {severity}" for severity in Severity if counted[severity])
        yield f"::notice title=clearway::findings: {told}. GitHub shows {MOST_SHOWN} of each level; the log has all."
    for finding in selection.shown:
        yield _line(_COMMANDS[finding.severity], _text(finding), place.file(finding.file), finding.line, finding.rule)
    for skipped in selection.result.skipped:
        yield _line("warning", f"not checked: {skipped.reason}", place.file(skipped.file), 1, "clearway")
    for warning in selection.warnings:
        yield f"::warning title=clearway::{_data(warning)}"


def _line(command: str, text: str, file: str, line: int, title: str) -> str:
    return f"::{command} file={_property(file)},line={line},title={_property(title)}::{_data(text)}"


def _text(finding: Finding) -> str:
    hops = [f"{link.file}:{link.line} {link.function} calls {link.calls}" for link in finding.chain]
    return "\n".join((finding.message, *hops))


def _data(text: str) -> str:
    """What stands behind the `::`. Its ends of lines are kept; nothing else may move a terminal's cursor."""
    return "%0A".join(printable(line) for line in text.replace("%", "%25").split("\n"))


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
