"""What a root is told: its verdict, and where it belongs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clearway.check.proof import never_blocks
from clearway.check.rules.fixes import def_or_not
from clearway.model import Advice, Lane, Root, RootKind, Severity, SinkKind, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clearway.check.reach import Hit
    from clearway.check.survey import Study, Survey

PROVABLE = frozenset({RootKind.ENDPOINT, RootKind.DEPENDENCY})
"""What can run on the loop or in a thread, whichever is better."""
ADVISED = PROVABLE | {RootKind.EXCEPTION_HANDLER, RootKind.BACKGROUND_TASK}
"""What the framework runs in a thread where it is `def`."""


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


def _advice(survey: Survey, study: Study) -> Advice | None:
    entry = study.entry
    if entry.kind not in ADVISED:
        return None
    serious = [hit for hit in study.reach.hits if hit.severity is not Severity.ADVICE]
    computes = next((hit for hit in serious if _computes(hit)), None) if all(map(_computes, serious)) else None
    if entry.is_async and serious:
        return _off_the_loop(survey, study, serious, computes)
    if computes is not None:
        return Advice(Lane.PROCESS, "process lane", f"{computes.called} computes: threads would share one core")
    if entry.kind in PROVABLE and never_blocks(survey.program, study):
        calls = study.reach.calls
        return Advice(Lane.LOOP, "none", f"{calls} call{'' if calls == 1 else 's'} read, none blocks")
    return None


def _off_the_loop(survey: Survey, study: Study, serious: Sequence[Hit], computes: Hit | None) -> Advice | None:
    """What to do with an `async def` that blocks: the same that the fixes of its findings do."""
    become_def, stays = def_or_not(survey, study)
    lane = Lane.THREAD if computes is None else Lane.PROCESS
    if become_def:
        why = "nothing is awaited" if not study.awaits else "it awaits nothing but what can be `def` with it"
        return Advice(lane, "def", why if computes is None else f"{why}, and {computes.called} computes")
    if study.entry.kind not in PROVABLE:
        return None
    what = f"hand `{serious[0].called}` to a {'thread' if computes is None else 'process'}"
    if computes is None:
        what += ", or use its async counterpart"
    return Advice(Lane.LOOP if computes is None else lane, "await", f"{what}: {stays}" if stays else what)


def _computes(hit: Hit) -> bool:
    return hit.entry.kind is SinkKind.CPU and hit.severity is Severity.ERROR
