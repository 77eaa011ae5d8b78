"""Findings of many roots at one place, and of one root in one function: people read of them once."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from clearway.model import Finding

    Place = tuple[str, int, str, str]

OFTEN = 5
"""What more roots than this reach is told of once."""


class Shared:
    """Which findings stand for others at the same place: the same operation on the same line, in a shared function."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        by_place: dict[Place, list[Finding]] = defaultdict(list)
        for finding in findings:
            place = _place(finding)
            if place is not None:
                by_place[place].append(finding)
        self._often: dict[Place, list[Finding]] = {
            place: at_place
            for place, at_place in by_place.items()
            if len({finding.root for finding in at_place}) > OFTEN
        }
        first = [min(at_place, key=_rank) for at_place in self._often.values()]
        standing = set(map(id, first))
        self.told = tuple(one for one in findings if _place(one) not in self._often or id(one) in standing)
        """The findings without those that another one stands for."""
        self.places = len(set(map(_way, self.told)))

    def of(self, finding: Finding) -> tuple[Finding, ...]:
        """All findings that this one stands for, itself among them; nothing where it is the only one."""
        place = _place(finding)
        return tuple(self._often.get(place, ())) if place is not None else ()


def together(findings: Iterable[Finding]) -> list[list[Finding]]:
    """Findings by the function that does what they are about, and the way by which a root comes to it; of a root's own
    body by the line. The gravest of them comes first.
    """
    by_way: dict[tuple[object, ...], list[Finding]] = defaultdict(list)
    for finding in findings:
        by_way[_way(finding)].append(finding)
    return [sorted(alike, key=_gravity) for alike in by_way.values()]


def _way(finding: Finding) -> tuple[object, ...]:
    *before, last = finding.chain
    if finding.sink is None:
        return finding.rule, finding.fingerprint, finding.chain
    where = (last.file, last.function) if before else (last.file, last.line)
    return finding.rule, finding.root, tuple((link.file, link.line, link.function) for link in before), *where


def _gravity(finding: Finding) -> int:
    return finding.severity.rank


def _place(finding: Finding) -> Place | None:
    if finding.sink is None or len(finding.chain) < 2:
        return None
    last = finding.chain[-1]
    return last.file, last.line, last.function, finding.sink.name


def _rank(finding: Finding) -> tuple[int, int]:
    """The gravest, then the one that is reached by the shortest way."""
    return finding.severity.rank, len(finding.chain)
