"""`--format json`: the contract `clearway.check/1`, whose schema is `docs/schema/check-1.json`."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from clearway.check.report.summary import summarise

if TYPE_CHECKING:
    from clearway.check.report.selection import Selection
    from clearway.model import Finding, Fix, Root

SCHEMA = "clearway.check/1"


def as_json(selection: Selection) -> dict[str, Any]:
    """The report as what `json.dumps` takes."""
    result = selection.result
    return {
        "schema": SCHEMA,
        "roots": [_root(root) for root in result.roots],
        "findings": [_finding(finding) for finding in selection.shown],
        "unresolved": asdict(result.unresolved),
        "skipped": [asdict(skipped) for skipped in result.skipped],
        "warnings": list(selection.warnings),
        "summary": _summary(selection),
        "files": result.files,
        "seconds": round(result.seconds, 3),
    }


def _root(root: Root) -> dict[str, Any]:
    return {
        "id": root.id,
        "kind": root.kind,
        "file": root.file,
        "line": root.line,
        "function": root.function,
        "async": root.is_async,
        "routes": list(root.routes),
        "runs_on": root.runs_on,
        "verdict": root.verdict,
        "blocked_by": list(root.blocked_by),
        "advice": asdict(root.advice) if root.advice else None,
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "severity": finding.severity,
        "root": finding.root,
        "message": finding.message,
        "sink": asdict(finding.sink) if finding.sink else None,
        "chain": [asdict(link) for link in finding.chain],
        "fingerprint": finding.fingerprint,
        "fix": _fix(finding.fix) if finding.fix else None,
    }


def _fix(fix: Fix) -> dict[str, Any]:
    """The fix as its first edit; `more` is there where others go with it."""
    first = asdict(fix)
    more = first.pop("more")
    for each in more:
        del each["more"]
    return {**first, "more": more} if more else first


def _summary(selection: Selection) -> dict[str, Any]:
    summary = summarise(selection)
    return {
        "endpoints": asdict(summary.endpoints),
        "findings": summary.severities,
        "hidden": {
            "level": len(selection.below),
            "ignored": len(selection.ignored),
            "baseline": len(selection.known),
            "settings": len(selection.switched_off),
        },
        "baseline_entries_gone": selection.gone,
        "worst_sinks": [
            {**asdict(worst.sink), "endpoints": worst.endpoints, "findings": worst.findings} for worst in summary.worst
        ],
        "one_change": asdict(summary.change) if summary.change else None,
        "fixable": summary.fixable,
        "unknown": asdict(selection.result.unknown),
    }
