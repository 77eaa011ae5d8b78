"""From what was found to what `clearway run` does: the plan."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from clearway.model import (
    ClearwayError,
    Lane,
    Plan,
    PlannedCall,
    RootKind,
    Severity,
    SinkKind,
    Verdict,
    file_digest,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from clearway.check.result import Result
    from clearway.model import Finding, Root

DEFAULT_NAME = "clearway-plan.json"

PLANNED_KINDS = frozenset({RootKind.ENDPOINT, RootKind.DEPENDENCY})
"""What the runtime has a choice about, and asks the plan for."""


BLOCKING_KINDS = PLANNED_KINDS | {RootKind.WEBSOCKET}
"""What containment can be told of before it first blocks."""


def plan_of(result: Result, place: Path) -> Plan:
    """The plan for every endpoint and dependency of which the check has something to say.

    A `def` gets its lane; an `async def` is there where it blocks, for `clearway run --contain`.

    `place` is where the plan will be written: its `files` are relative to that folder. Raises ClearwayError where a
    file that a decision rests on has gone.
    """
    calls: dict[str, PlannedCall] = {}
    files: set[str] = set()
    for call, roots in _by_call(result).items():
        planned = _decide(call, roots, result.evidence)
        if planned is not None:
            calls[call] = planned
            files |= {root.file for root in roots} | set(result.evidence.get(call, ()))
    for root in result.roots:
        if root.is_async and root.kind in BLOCKING_KINDS and root.verdict is Verdict.BLOCKS:
            blocked = _blocked(root, result.findings)
            if blocked is not None:
                calls[root.id] = blocked
                files |= {root.file} | set(result.evidence.get(root.id, ()))
    calls = dict(sorted(calls.items()))
    return Plan(calls, _digests(result.root, sorted(files), place.absolute().parent))


def _blocked(root: Root, findings: Sequence[Finding]) -> PlannedCall | None:
    """What the plan says of an `async def` that waits on the loop. None where it computes, or only what it depends on
    blocks: that has an entry of its own."""
    sinks = [
        finding.sink
        for finding in findings
        if finding.root == root.id and finding.severity is not Severity.ADVICE and finding.sink is not None
    ]
    waits = [sink for sink in sinks if sink.kind is not SinkKind.CPU]
    if not waits:
        return None
    lane = Lane.THREAD if root.advice is not None and root.advice.change == "def" else Lane.LOOP
    return PlannedCall(root.id, lane, f"reaches {waits[0].name}", blocks=True)


def _by_call(result: Result) -> dict[str, list[Root]]:
    """The roots by id. One function may be several, and two services may each have a module of the same name."""
    found: dict[str, list[Root]] = {}
    for root in result.roots:
        if not root.is_async and root.kind in PLANNED_KINDS:
            found.setdefault(root.id, []).append(root)
    return dict(sorted(found.items()))


def _decide(call: str, roots: Sequence[Root], evidence: Mapping[str, Sequence[str]]) -> PlannedCall | None:
    """None where there is nothing to add to FastAPI's own rule, that a `def` runs in a thread."""
    if call in evidence and all(is_proven(root) for root in roots):
        return PlannedCall(call, Lane.LOOP, next(root.advice.why for root in roots if root.advice is not None))
    for root in roots:
        if root.verdict is Verdict.UNKNOWN:
            return PlannedCall(call, Lane.THREAD, "not proven: it makes a call that could not be resolved")
        if root.advice is not None and root.advice.lane is not Lane.LOOP:
            return PlannedCall(call, Lane.THREAD, root.advice.why)
    return None


def is_proven(root: Root) -> bool:
    """Whether the loop is advised for a `def`. A clean verdict alone is no proof: in its thread a `def` may block."""
    advised = root.advice is not None and root.advice.lane is Lane.LOOP
    return advised and not root.is_async and root.kind in PLANNED_KINDS and root.verdict is Verdict.CLEAN


def _digests(root: Path, files: Sequence[str], folder: Path) -> dict[str, str]:
    digests = {}
    for file in files:
        path = root / file
        try:
            digests[_seen_from(folder, path)] = file_digest(path)
        except OSError as error:
            raise ClearwayError(f"plan: {path}: {error.strerror or error}; check again") from None
    return digests


def _seen_from(folder: Path, path: Path) -> str:
    return os.path.relpath(path.resolve(), folder.resolve()).replace(os.sep, "/")
