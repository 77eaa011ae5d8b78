"""Compares what a case expects with what the checker reported, in both directions."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from tests.check.corpus.case import Case, ExpectedFinding, ExpectedRoot
from tests.check.corpus.report import Refused, breaches, furnish, run

BLOCKING_RULES = frozenset({"CW101", "CW102", "CW103", "CW104"})
"""Their findings name the sink that a root reaches."""


class Fault(StrEnum):
    """In which way a report differs from what was expected."""

    MISSED = "missed"
    FALSE_ALARM = "false alarm"
    UNDECIDED = "undecided"
    """`unknown` where `clean` is right: no harm is done, but nothing is gained either."""
    WRONG = "wrong"
    """Found, but with the wrong kind, route, level, sink or place."""
    BROKEN = "broken"
    """The contract was broken, or the checker did not answer."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One of them."""

    fault: Fault
    text: str

    def __str__(self) -> str:
        return f"{self.fault}: {self.text}"


def check(case: Case, arguments: tuple[str, ...] = ()) -> list[Difference]:
    """Run the checker over a case. Empty where everything is as expected."""
    with tempfile.TemporaryDirectory(prefix="case-") as name:
        folder = Path(name).resolve()
        case.write(folder)
        furnish(folder)
        try:
            code, data = run(folder, [*case.arguments, *arguments])
        except Refused as error:
            return [Difference(Fault.BROKEN, str(error))]
        broken = [Difference(Fault.BROKEN, breach) for breach in breaches(code, data, folder)]
    return broken + judge(case, data)


def judge(case: Case, data: dict[str, Any]) -> list[Difference]:
    """The differences between a case and a report that keeps its contract."""
    found: list[Difference] = []
    explained: set[int] = set()
    _roots(case, data, found, explained)
    _findings(case, data, found, explained)
    for index, finding in enumerate(data["findings"]):
        if index in explained:
            continue
        if finding["rule"] in case.allowed:
            continue
        if finding["severity"] != "advice" or finding["rule"] in case.watched:
            found.append(Difference(Fault.FALSE_ALARM, shown(finding)))
    _unresolved(case, data, found)
    skipped = {entry["file"] if isinstance(entry, dict) else entry for entry in data.get("skipped", [])}
    if skipped != set(case.skipped):
        found.append(Difference(Fault.WRONG, f"skipped {sorted(skipped)}, expected {case.skipped}"))
    return found


def shown(finding: dict[str, Any]) -> str:
    """A finding in one line: rule, level, and the way from the root to the sink."""
    links = [f"{link['file']}:{link['line']}" for link in finding["chain"]]
    sink = (finding["sink"] or {}).get("name", "")
    return f"{finding['rule']} {finding['severity']} {' > '.join(links)} {sink}".rstrip()


def _roots(case: Case, data: dict[str, Any], found: list[Difference], explained: set[int]) -> None:
    reported: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for root in data["roots"]:
        reported.setdefault((root["file"], root["line"]), []).append(root)
    for expected in case.roots:
        here = reported.get((expected.file, expected.line), [])
        matching = [root for root in here if expected.kind in (None, root["kind"])]
        place = f"{expected.file}:{expected.line}"
        if not matching:
            if not expected.optional:
                kinds = ", ".join(root["kind"] for root in here)
                fault = Fault.WRONG if here else Fault.MISSED
                found.append(
                    Difference(fault, f"{place} is no root{f' of kind {expected.kind}' * bool(expected.kind)}")
                )
                if kinds:
                    found.append(Difference(Fault.WRONG, f"{place} is a root of kind {kinds}"))
            continue
        for root in matching:
            _root(expected, root, data, found, explained)
    annotated = {(expected.file, expected.line) for expected in case.roots}
    for (file, line), roots in reported.items():
        if (file, line) not in annotated:
            text = f"{file}:{line} {roots[0]['function']}: a root of which the case says nothing"
            found.append(Difference(Fault.WRONG, text))


def _root(
    expected: ExpectedRoot, root: dict[str, Any], data: dict[str, Any], found: list[Difference], explained: set[int]
) -> None:
    place = f"{expected.file}:{expected.line} {root['function']}"
    if root["verdict"] not in expected.verdicts:
        found.append(Difference(_verdict_fault(expected, root["verdict"]), f"{place}: verdict is {root['verdict']}"))
    if expected.routes and set(root["routes"]) != expected.routes:
        text = f"{place}: routes are {sorted(root['routes'])}, expected {sorted(expected.routes)}"
        found.append(Difference(Fault.WRONG, text))
    runs_on = expected.runs_on or ("loop" if root["async"] else None)
    if runs_on is not None and root["runs_on"] != runs_on:
        found.append(Difference(Fault.WRONG, f"{place}: runs on {root['runs_on']}, expected {runs_on}"))
    found.extend(
        Difference(Fault.MISSED, f"{place}: blocked_by is {root['blocked_by']}, without {name}")
        for name in expected.blocked_by
        if not any(other.endswith((f":{name}", f".{name}")) for other in root["blocked_by"])
    )
    if root["blocked_by"] and not expected.blocked_by and expected.verdicts == {"clean"}:
        found.append(Difference(Fault.FALSE_ALARM, f"{place}: blocked by {root['blocked_by']}"))
    _sinks(expected, root, data, found, explained)


def _sinks(
    expected: ExpectedRoot, root: dict[str, Any], data: dict[str, Any], found: list[Difference], explained: set[int]
) -> None:
    own = [
        (index, finding)
        for index, finding in enumerate(data["findings"])
        if finding["root"] == root["id"] and finding["rule"] in BLOCKING_RULES and finding["severity"] != "advice"
    ]
    if "blocks" not in expected.verdicts:
        return
    if expected.others:
        explained.update(index for index, _ in own)
    for sink in expected.sinks:
        meant = [(index, finding) for index, finding in own if any(sink.matches(name) for name in names(finding))]
        explained.update(index for index, _ in meant)
        if not meant and root["verdict"] == "blocks":
            text = f"{expected.file}:{expected.line} {root['function']}: {sink} not among {[names(f) for _, f in own]}"
            found.append(Difference(Fault.MISSED, text))
        levels = {finding["severity"] for _, finding in meant}
        if meant and sink.level is not None and levels != {sink.level}:
            found.append(Difference(Fault.WRONG, f"{sink} has level {', '.join(sorted(levels))}"))


def names(finding: dict[str, Any]) -> set[str]:
    """The names under which a finding's sink goes: its own, and what the last function of the chain calls."""
    own = {finding["chain"][-1]["calls"]}
    if finding["sink"] is not None:
        own.add(finding["sink"]["name"])
    return own


def _verdict_fault(expected: ExpectedRoot, verdict: str) -> Fault:
    if verdict == "blocks":
        return Fault.FALSE_ALARM
    if verdict == "unknown" and "blocks" not in expected.verdicts:
        return Fault.UNDECIDED
    return Fault.MISSED


def _findings(case: Case, data: dict[str, Any], found: list[Difference], explained: set[int]) -> None:
    for expected in case.findings:
        lines = case.lines_of(expected.file, expected.line)
        here = [
            (index, finding)
            for index, finding in enumerate(data["findings"])
            if finding["rule"] == expected.rule
            and finding["chain"][0]["file"] == expected.file
            and finding["chain"][0]["line"] in lines
            and (expected.sink is None or any(expected.sink.matches(name) for name in names(finding)))
        ]
        explained.update(index for index, _ in here)
        if not here and not expected.optional:
            found.append(Difference(Fault.MISSED, _said(expected)))
        for _, finding in here:
            if expected.level not in (None, finding["severity"]):
                found.append(Difference(Fault.WRONG, f"{_said(expected)}: its level is {finding['severity']}"))


def _said(expected: ExpectedFinding) -> str:
    words = (expected.rule, expected.level, expected.sink)
    return f"{expected.file}:{expected.line} {' '.join(str(word) for word in words if word)}"


def _unresolved(case: Case, data: dict[str, Any], found: list[Difference]) -> None:
    if case.unresolved is None:
        return
    if not data["unresolved"]["calls"]:
        found.append(Difference(Fault.MISSED, "no call is counted as unresolved"))
    absent = set(case.unresolved) - set(data["unresolved"]["modules"])
    if absent:
        text = f"unresolved modules are {data['unresolved']['modules']}, without {sorted(absent)}"
        found.append(Difference(Fault.MISSED, text))
