"""What a person can act on: how many endpoints block, through what, and which change helps most."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from clearway.check.plan import is_proven
from clearway.model import Lane, RootKind, Severity, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from clearway.check.report.selection import Selection
    from clearway.model import Finding, Root, Sink

ENDPOINTS = frozenset({RootKind.ENDPOINT, RootKind.WEBSOCKET})
MOST_SINKS = 3


@dataclass(frozen=True, slots=True)
class Endpoints:
    """How many endpoints, websockets among them, and what is known of them."""

    total: int
    blocks: int
    accepted: int
    """They block, and every finding about it is ignored, in the baseline or switched off."""
    clean: int
    unknown: int


@dataclass(frozen=True, slots=True)
class WorstSink:
    """A sink, and how many endpoints it blocks through how many findings."""

    sink: Sink
    endpoints: int
    findings: int


@dataclass(frozen=True, slots=True)
class OneChange:
    """A function whose repair removes most."""

    function: str
    file: str
    line: int
    """Where it makes the call that the findings share; the most frequent of them."""
    calls: str
    findings: int
    endpoints: int
    """How many endpoints have a finding that goes through it."""


@dataclass(frozen=True, slots=True)
class Summary:
    endpoints: Endpoints
    severities: dict[Severity, int]
    """Of the shown findings."""
    worst: tuple[WorstSink, ...]
    change: OneChange | None
    """None where no change removes more than one finding or frees more than one endpoint."""
    fixable: int
    """Shown findings with a safe fix."""
    promotable: int
    """`def` endpoints and dependencies that the plan can put on the loop."""


def summarise(selection: Selection) -> Summary:
    hits = _Hits(selection)
    counted = Counter(finding.severity for finding in selection.shown)
    return Summary(
        endpoints=_endpoints(selection),
        severities={severity: counted[severity] for severity in Severity},
        worst=_worst(selection.shown, hits),
        change=_one_change(selection.shown, hits),
        fixable=sum(finding.fix is not None for finding in selection.shown),
        promotable=sum(map(is_proven, selection.result.roots)),
    )


def blocks_loop(finding: Finding, root: Root | None) -> bool:
    """Whether a finding is about something that stands in the loop's way."""
    return finding.sink is not None and root is not None and root.runs_on is Lane.LOOP


class _Hits:
    """Which endpoints a finding is about: its root's own, or those that depend on it."""

    def __init__(self, selection: Selection) -> None:
        self._roots: dict[str, Root] = {}
        self._by_route: dict[str, set[str]] = defaultdict(set)
        self._by_blocker: dict[str, set[str]] = defaultdict(set)
        for root in selection.result.roots:
            self._roots.setdefault(root.id, root)
            if root.kind in ENDPOINTS:
                for route in root.routes:
                    self._by_route[route].add(root.id)
                for blocker in root.blocked_by:
                    self._by_blocker[blocker].add(root.id)

    def blocking(self, findings: Iterable[Finding]) -> list[Finding]:
        return [finding for finding in findings if blocks_loop(finding, self._roots.get(finding.root or ""))]

    def endpoints(self, finding: Finding) -> set[str]:
        root = self._roots.get(finding.root or "")
        if root is None:
            return set()
        if root.kind in ENDPOINTS:
            return {root.id}
        hit = set(self._by_blocker.get(root.id, ()))
        for route in root.routes:
            hit |= self._by_route.get(route, set())
        return hit


def _endpoints(selection: Selection) -> Endpoints:
    roots = [root for root in selection.result.roots if root.kind in ENDPOINTS]
    verdicts = Counter(root.verdict for root in roots)
    still = _roots_of(selection.shown + selection.below)
    accepted = _roots_of(selection.accepted)
    given_up = sum(
        root.verdict is Verdict.BLOCKS
        and still.isdisjoint((root.id, *root.blocked_by))
        and not accepted.isdisjoint((root.id, *root.blocked_by))
        for root in roots
    )
    return Endpoints(
        total=len(roots),
        blocks=verdicts[Verdict.BLOCKS] - given_up,
        accepted=given_up,
        clean=verdicts[Verdict.CLEAN],
        unknown=verdicts[Verdict.UNKNOWN],
    )


def _roots_of(findings: Iterable[Finding]) -> set[str]:
    """The roots that these findings keep from being clean."""
    return {
        finding.root for finding in findings if finding.root is not None and finding.severity is not Severity.ADVICE
    }


def _worst(findings: Iterable[Finding], hits: _Hits) -> tuple[WorstSink, ...]:
    endpoints: dict[Sink, set[str]] = defaultdict(set)
    count: Counter[Sink] = Counter()
    for finding in hits.blocking(findings):
        if finding.sink is not None:
            endpoints[finding.sink] |= hits.endpoints(finding)
            count[finding.sink] += 1
    order = sorted(count, key=lambda sink: (-len(endpoints[sink]), -count[sink], sink.name))
    return tuple(WorstSink(sink, len(endpoints[sink]), count[sink]) for sink in order[:MOST_SINKS])


def _one_change(findings: Iterable[Finding], hits: _Hits) -> OneChange | None:
    """The function that most blocked endpoints reach; of several, the one nearest to the sink."""
    endpoints: dict[str, set[str]] = defaultdict(set)
    through: Counter[str] = Counter()
    distance: Counter[str] = Counter()
    calls: dict[str, Counter[tuple[str, int, str]]] = defaultdict(Counter)
    for finding in hits.blocking(findings):
        hit = hits.endpoints(finding)
        seen = set()
        for steps, link in enumerate(reversed(finding.chain)):
            if link.function in seen:  # a recursion counts where it is nearest to the sink
                continue
            seen.add(link.function)
            endpoints[link.function] |= hit
            through[link.function] += 1
            distance[link.function] += steps
            calls[link.function][link.file, link.line, link.calls] += 1
    if not through:
        return None
    best = min(
        through,
        key=lambda name: (-len(endpoints[name]), -through[name], distance[name] / through[name], name),
    )
    if through[best] < 2 and len(endpoints[best]) < 2:
        return None
    file, line, called = calls[best].most_common(1)[0][0]
    return OneChange(best, file, line, called, through[best], len(endpoints[best]))
