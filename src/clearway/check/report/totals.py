"""The end of the text report: totals, what would help most, what is not known, and what to type next."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from rich.text import Text

from clearway.check.plan import DEFAULT_NAME
from clearway.check.report.lines import printable
from clearway.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clearway.check.report.selection import Selection
    from clearway.check.report.summary import OneChange, Summary
    from clearway.check.result import Cause, Unknown

MOST_MODULES = 8
MOST_REASONS = 5
LEAST_ENDPOINTS = 2
"""What keeps fewer endpoints from being decided is not worth a line, unless nothing keeps more."""


def total_lines(selection: Selection, summary: Summary, command: str, places: int) -> Iterator[Text]:
    """`places` is how many findings are left where those that many roots share are counted once."""
    yield _endpoints(selection, summary)
    yield _findings(selection, summary, places)
    for number, worst in enumerate(summary.worst):
        blocked = f"blocks {counted(worst.endpoints, 'endpoint')}, {counted(worst.findings, 'finding')}"
        yield _row("worst sinks" if number == 0 else "", f"{worst.sink.name} ({worst.sink.kind}): {blocked}")
    if summary.change is not None:
        yield _row("one change", _change(summary.change))
    yield from _unknown(selection.result.unknown)
    if selection.result.unresolved.calls or selection.result.unresolved.modules:
        yield _row("unresolved", _unresolved(selection), "yellow")
    if selection.result.skipped:
        yield _row("not checked", _skipped(selection), "yellow")
    if selection.gone:
        yield _row("baseline", f"{_entries(selection.gone)} can be removed; --write-baseline writes it anew")
    for warning in selection.warnings:
        yield _row("warning", warning, "yellow")
    for what, line in _next(selection, summary, command):
        yield _row("next", f"{line}  {what}", "green")


def counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _verb(count: int) -> str:
    return "blocks" if count == 1 else "block"


def _entries(count: int) -> str:
    return f"{count:,} {'entry' if count == 1 else 'entries'}"


def _row(label: str, text: str, style: str = "") -> Text:
    return Text(f"{label:<12}", "bold").append(printable(text), style)


def _endpoints(selection: Selection, summary: Summary) -> Text:
    endpoints = summary.endpoints
    if not endpoints.total:
        others = counted(len(selection.result.roots), "other root")
        return _row("endpoints", f"none found ({others} in {counted(selection.result.files, 'file')})", "yellow")
    parts = [
        (endpoints.blocks, f"{endpoints.blocks:,} {_verb(endpoints.blocks)} the loop", "red"),
        (endpoints.clean, f"{endpoints.clean:,} clean", "green"),
        (endpoints.unknown, f"{endpoints.unknown:,} unknown", "yellow"),
        (endpoints.accepted, f"{endpoints.accepted:,} {_verb(endpoints.accepted)} as accepted", ""),
    ]
    row = Text(f"{'endpoints':<12}", "bold").append(f"{endpoints.total:,}: ")
    told = [Text(text, style) for count, text, style in parts if count or text.endswith(("loop", "clean"))]
    row.append_text(Text(", ").join(told))
    result = selection.result
    return row.append(f"  ({counted(result.files, 'file')}, {result.seconds:.1f} s)", "dim")


def _findings(selection: Selection, summary: Summary, places: int) -> Text:
    nouns = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.ADVICE: "piece"}
    shown = [counted(count, nouns[severity]) for severity, count in summary.severities.items() if count]
    if summary.severities[Severity.ADVICE]:
        shown[-1] += " of advice"
    hidden = [
        (len(selection.below), f"below --level {selection.level}"),
        (len(selection.ignored), "ignored by comments"),
        (len(selection.known), "in the baseline"),
        (len(selection.switched_off), "of rules that the settings switch off"),
    ]
    not_shown = [f"{count:,} {why}" for count, why in hidden if count]
    text = ", ".join(shown) or "none"
    if places < len(selection.shown):
        text += f", {places:,} where shared places count once"
    return _row("findings", f"{text}; not shown: {', '.join(not_shown)}" if not_shown else text)


def _change(change: OneChange) -> str:
    where = f"{change.file}:{change.line}"
    gain = f"in the way of {counted(change.endpoints, 'endpoint')}, {counted(change.findings, 'finding')}"
    return f"{change.function} ({where}, calls {change.calls}): {gain}"


def _unknown(unknown: Unknown) -> Iterator[Text]:
    """What would decide the endpoints of which nothing certain is known, most first."""
    causes = [cause for cause in unknown.causes if cause.endpoints >= LEAST_ENDPOINTS] or unknown.causes[:1]
    if not causes:
        return
    threads = unknown.endpoints - unknown.on_loop
    many = "it runs" if unknown.endpoints == 1 else "all run" if not unknown.on_loop else f"{threads:,} run"
    where = f" ({many} in a thread)" if threads else ""
    yield _row("unknown", f"{counted(unknown.endpoints, 'endpoint')}{where}; what would decide most of them:", "yellow")
    for cause in causes:
        yield _row("", f"{counted(cause.endpoints, 'endpoint')}: {_what_to_do(cause)}")


def _what_to_do(cause: Cause) -> str:
    where = f"{cause.call} at {cause.file}:{cause.line}{f' and {cause.calls - 1:,} more' if cause.calls > 1 else ''}"
    if cause.package is None:
        name = cause.function.partition(".<locals>")[0].replace(":", ".")
        return f"say whether {name} blocks, under `safe` or `sinks` in [tool.clearway]: it calls {where}"
    if cause.missing:
        return f"install {cause.package} where --python looks: {where}"
    count = counted(cause.calls, "call")
    return f"say what of {cause.package} blocks, under `safe` or `sinks` in [tool.clearway]: {count} in it"


def _unresolved(selection: Selection) -> str:
    unresolved = selection.result.unresolved
    text = f"{unresolved.calls:,} of {counted(unresolved.total, 'call')} could not be followed"
    if not unresolved.modules:
        return text
    named = ", ".join(unresolved.modules[:MOST_MODULES])
    more = len(unresolved.modules) - MOST_MODULES
    return f"{text}; not at hand: {named}{f' and {more} more' if more > 0 else ''}"


def _skipped(selection: Selection) -> str:
    """`3 files: not UTF-8 (2), invalid syntax (app/x.py, line 3)`."""
    skipped = selection.result.skipped
    reasons: Counter[str] = Counter()
    example: dict[str, str] = {}
    for file in skipped:
        line, colon, reason = file.reason.partition(": ")
        at_line = bool(colon) and line.startswith("line ")
        reason = reason if at_line else file.reason
        reasons[reason] += 1
        example.setdefault(reason, f"{file.file}, {line}" if at_line else file.file)
    told = [
        f"{reason} ({example[reason]}{f' and {count - 1:,} more' if count > 1 else ''})"
        for reason, count in reasons.most_common(MOST_REASONS)
    ]
    more = len(reasons) - MOST_REASONS
    return f"{counted(len(skipped), 'file')}: {'; '.join(told)}{f'; {more} more reasons' if more > 0 else ''}"


def _next(selection: Selection, summary: Summary, command: str) -> Iterator[tuple[str, str]]:
    """(what it does, what to type)."""
    if summary.fixable:
        edits = len({finding.fix for finding in selection.shown if finding.fix is not None})
        yield f"makes {counted(edits, 'safe edit')}; --diff only shows them", f"{command} --fix"
    elif selection.shown:
        rule = min(selection.shown, key=lambda finding: finding.severity.rank).rule
        yield "says what the rule means and what to write instead", f"clearway check --explain {rule}"
    if selection.result.unresolved.modules:
        yield "names the interpreter that has these packages", f"{command} --python .venv/bin/python"
    grave = any(finding.severity is Severity.ERROR for finding in selection.shown)
    if summary.promotable and not grave:
        calls = counted(summary.promotable, "call")
        yield f"lets `clearway run` save {calls} the thread hop", f"{command} --write-plan {DEFAULT_NAME}"
