"""`--format sarif`: SARIF 2.1.0, for code scanning and editors.

Findings that a comment or the baseline accepts are left out: GitHub would show them as open alerts in spite of a
`suppressions` entry.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from clearway.model import Severity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clearway.check.report.place import Place
    from clearway.check.report.selection import Selection
    from clearway.model import Finding, Link

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
VERSION = "2.1.0"
FINGERPRINT = "clearway/v1"

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.ADVICE: "note"}


class RuleDoc(Protocol):
    """What a rule says of itself."""

    @property
    def code(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def summary(self) -> str:
        """One sentence."""

    @property
    def documentation(self) -> str:
        """Markdown."""


def as_sarif(selection: Selection, rules: Mapping[str, RuleDoc], place: Place, version: str) -> dict[str, Any]:
    """The report as what `json.dumps` takes. `version` is Clearway's own."""
    used = sorted({finding.rule for finding in selection.shown} | rules.keys())
    index = {code: number for number, code in enumerate(used)}
    driver = {
        "name": "Clearway",
        "version": version,
        "rules": [_rule(code, rules.get(code)) for code in used],
    }
    return {
        "$schema": SCHEMA,
        "version": VERSION,
        "runs": [
            {
                "tool": {"driver": driver},
                "columnKind": "unicodeCodePoints",
                "invocations": [{"executionSuccessful": True, "toolExecutionNotifications": _notes(selection, place)}],
                "results": [_result(finding, index, place) for finding in selection.shown],
            }
        ],
    }


def _rule(code: str, doc: RuleDoc | None) -> dict[str, Any]:
    if doc is None:
        return {"id": code}
    return {
        "id": code,
        "name": doc.name,
        "shortDescription": {"text": doc.summary},
        "fullDescription": {"text": doc.summary},
        "help": {"text": doc.documentation, "markdown": doc.documentation},
    }


def _result(finding: Finding, index: Mapping[str, int], place: Place) -> dict[str, Any]:
    steps = [{"location": _location(link, place, f"{link.function} calls {link.calls}")} for link in finding.chain]
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": index[finding.rule],
        "level": _LEVELS[finding.severity],
        "message": {"text": finding.message},
        "locations": [_location(finding.chain[0], place)],
        "codeFlows": [{"threadFlows": [{"locations": steps}]}],
        "partialFingerprints": {FINGERPRINT: finding.fingerprint},
    }
    properties = {"root": finding.root, "sink": finding.sink.name if finding.sink else None}
    if given := {key: value for key, value in properties.items() if value is not None}:
        result["properties"] = given
    return result


def _location(link: Link, place: Place, message: str | None = None) -> dict[str, Any]:
    location: dict[str, Any] = {
        "physicalLocation": _physical(link.file, place, link.line),
        "logicalLocations": [{"fullyQualifiedName": link.function, "kind": "function"}],
    }
    return location if message is None else location | {"message": {"text": message}}


def _physical(file: str, place: Place, line: int | None = None) -> dict[str, Any]:
    uri = place.uri(file)
    artifact = {"uri": uri} if uri.startswith("file:") else {"uri": uri, "uriBaseId": "%SRCROOT%"}
    physical: dict[str, Any] = {"artifactLocation": artifact}
    return physical if line is None else physical | {"region": {"startLine": max(1, line)}}


def _notes(selection: Selection, place: Place) -> list[dict[str, Any]]:
    """What was not checked, and what went wrong on the way."""
    skipped = [
        {
            "level": "warning",
            "message": {"text": f"not checked: {skipped.reason}"},
            "locations": [{"physicalLocation": _physical(skipped.file, place)}],
        }
        for skipped in selection.result.skipped
    ]
    return skipped + [{"level": "warning", "message": {"text": text}} for text in selection.warnings]
