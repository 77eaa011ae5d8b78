"""What a root is told: its verdict, and where it belongs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clearway.check.proof import never_blocks
from clearway.model import Advice, Lane, Root, RootKind, Severity, SinkKind, Verdict

if TYPE_CHECKING:
    from clearway.check.survey import Study, Survey


def root_of(study: Study, survey: Survey) -> Root:
    """A root as outputs show it."""
    entry = study.entry
    blocked_by = tuple(dict.fromkeys(other.entry.id for other in survey.blocking_dependencies(study)))
    verdict = study.verdict
    if blocked_by:
        verdict = Verdict.BLOCKS
    return Root(
        id=entry.id,
        kind=entry.kind,
        file=entry.function.module.shown,
        line=entry.function.line,
        function=entry.function.qualname,
        is_async=entry.is_async,
        routes=tuple(entry.routes),
        runs_on=Lane.LOOP if entry.on_loop else Lane.THREAD,
        verdict=verdict,
        blocked_by=blocked_by,
        advice=_advice(survey, study),
    )


def awaits(study: Study) -> bool:
    """Whether the root's own body awaits anything, or is an async generator."""
    scope = study.entry.function.scope
    return scope.awaits or (study.entry.function.is_async and bool(scope.yields))


def _advice(survey: Survey, study: Study) -> Advice | None:
    entry = study.entry
    if entry.kind not in (RootKind.ENDPOINT, RootKind.DEPENDENCY):
        return None
    serious = [hit for hit in study.reach.hits if hit.severity is not Severity.ADVICE]
    computes = [hit for hit in serious if hit.entry.kind is SinkKind.CPU and hit.severity is Severity.ERROR]
    if computes and len(computes) == len(serious):
        return Advice(Lane.PROCESS, "process lane", f"{computes[0].called} computes: threads would share one core")
    if entry.is_async and serious:
        if not awaits(study):
            return Advice(Lane.THREAD, "def", "nothing is awaited")
        return Advice(Lane.LOOP, "await", f"hand {serious[0].called} to a thread, or use its async counterpart")
    if never_blocks(survey.program, study):
        calls = study.reach.calls
        return Advice(Lane.LOOP, "none", f"{calls} call{'' if calls == 1 else 's'} read, none blocks")
    return None
