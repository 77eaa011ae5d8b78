"""The process does not get the processor that it wants."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clearway.console.doctor.conditions import stalled
from clearway.console.doctor.diagnosis import Finding, Problem, Severity
from clearway.console.doctor.words import seconds, share
from clearway.model import Cause, counted

if TYPE_CHECKING:
    from clearway.console.doctor.window import Window

MATTERS = 0.2
"""On a machine that others use, too, some of it is usual, and nobody could change anything."""


def find(window: Window) -> Finding | None:
    groups = window.stalls.get(Cause.MACHINE, [])
    total_s = sum(group.total_s for group in groups)
    if total_s < MATTERS * window.seconds:
        return None
    count, longest_s = sum(group.count for group in groups), max(group.longest_s for group in groups)
    return Finding(
        Problem.MACHINE,
        sum(group.lost_s for group in groups) / window.seconds,
        "",
        f"The process gets no processor {share(total_s / window.seconds)} of the time: "
        f"{counted(count, 'stall')} of up to {seconds(longest_s)} in {seconds(window.seconds)}.",
        "Look at what else runs on the machine and at the CPU limit of the container (`nr_throttled` in its "
        "`cpu.stat`); give it more, or run fewer workers.",
        stalled.evidence(groups[0], window),
        Severity.WARNING,
    )
