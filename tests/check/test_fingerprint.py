"""What a fingerprint stays the same through, and what it does not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearway.check.fingerprint import fingerprinted
from clearway.model import Finding, Severity
from tests.check.report.made import CHAIN, SLEEP, finding, link


def prints(*findings: Finding) -> list[str]:
    return [entry.fingerprint for entry in fingerprinted(findings)]


def moved(found: Finding, lines: int) -> Finding:
    return replace(found, chain=tuple(replace(hop, line=hop.line + lines) for hop in found.chain))


@given(st.integers(0, 10_000))
def test_lines_may_move(lines: int) -> None:
    assert prints(moved(finding(), lines)) == prints(finding())


def test_words_and_severity_may_change() -> None:
    assert prints(finding(message="said better", severity=Severity.WARNING)) == prints(finding())


@pytest.mark.parametrize(
    "changes",
    [
        {"rule": "CW101"},
        {"root": "app.main:other"},
        {"root": None},
        {"sink": SLEEP},
        {"chain": CHAIN[:1]},
        {"chain": (CHAIN[0], link("app.crud:other", 5, "requests.get"))},
        {"sink": None, "chain": (link("app.main:read_item", 5, "app.db:close"),)},
    ],
    ids=str,
)
def test_another_finding_has_another_fingerprint(changes: dict[str, object]) -> None:
    assert prints(finding(**changes)) != prints(finding())


def test_findings_alike_are_counted() -> None:
    one, two, three = prints(finding(), moved(finding(), 3), moved(finding(), 9))
    assert len({one, two, three}) == 3
    assert prints(moved(finding(), 3), moved(finding(), 9)) == [one, two]
