"""Which findings of a result are shown, and what became of the others."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from clearway.check.ignores import silence
from clearway.model import Severity, Verdict

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from clearway.check.baseline import Baseline
    from clearway.check.result import Result
    from clearway.model import Finding, Root


@dataclass(frozen=True, slots=True)
class Selection:
    """A result, sorted for those who read it. Every finding is in exactly one of the groups."""

    result: Result
    shown: tuple[Finding, ...]
    below: tuple[Finding, ...] = ()
    """Of lesser severity than asked for."""
    ignored: tuple[Finding, ...] = ()
    """By a comment."""
    known: tuple[Finding, ...] = ()
    """By the baseline."""
    switched_off: tuple[Finding, ...] = ()
    """By the settings."""
    gone: int = 0
    """Entries of the baseline whose finding is no more."""
    level: Severity = Severity.ADVICE
    warnings: tuple[str, ...] = ()
    """The result's, and those about comments that ignore."""

    @property
    def accepted(self) -> tuple[Finding, ...]:
        """Those that the user has seen and does not want to see again."""
        return self.ignored + self.known + self.switched_off

    def fails(self, fail_on: Severity) -> bool:
        """Whether a finding is as grave as that. What is not shown fails nobody."""
        return any(finding.severity.rank <= fail_on.rank for finding in self.shown)


def select(
    result: Result,
    codes: Collection[str],
    *,
    level: Severity = Severity.ADVICE,
    switched_off: Collection[str] = (),
    baseline: Baseline | None = None,
    tell_unused: bool = True,
) -> Selection:
    """Sort the findings. `codes` are the rules that there are, `switched_off` those that the settings ignore,
    `tell_unused` whether a comment that ignores nothing is worth a warning.
    """
    silenced = silence(result, codes, tell_unused=tell_unused)
    off = tuple(finding for finding in silenced.findings if finding.rule in switched_off)
    open_ = [finding for finding in silenced.findings if finding.rule not in switched_off]
    known = tuple(finding for finding in open_ if baseline is not None and baseline.knows(finding))
    new = [finding for finding in open_ if baseline is None or not baseline.knows(finding)]
    return Selection(
        result=replace(result, roots=_judged_again(result.roots, result.findings, open_)),
        shown=tuple(finding for finding in new if finding.severity.rank <= level.rank),
        below=tuple(finding for finding in new if finding.severity.rank > level.rank),
        ignored=silenced.ignored,
        known=known,
        switched_off=off,
        gone=0 if baseline is None else baseline.gone(open_),
        level=level,
        warnings=(*result.warnings, *silenced.warnings),
    )


def _judged_again(roots: tuple[Root, ...], findings: Iterable[Finding], open_: Iterable[Finding]) -> tuple[Root, ...]:
    """The roots without the verdicts that rest on findings which a comment or the settings take away."""
    blocking = _blocking(open_)
    cleared = _blocking(findings) - blocking
    if not cleared:
        return roots
    result = []
    for root in roots:
        blocked_by = tuple(name for name in root.blocked_by if name not in cleared)
        lost = root.id in cleared or blocked_by != root.blocked_by
        if lost and root.id not in blocking and not blocked_by:
            root = replace(root, verdict=Verdict.CLEAN)
        result.append(replace(root, blocked_by=blocked_by))
    return tuple(result)


def _blocking(findings: Iterable[Finding]) -> set[str]:
    """The roots that findings say to block."""
    return {
        finding.root
        for finding in findings
        if finding.root is not None and finding.sink is not None and finding.severity is not Severity.ADVICE
    }
