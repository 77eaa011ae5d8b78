"""Which of all conditions costs most now, and for how long the doctor stays with what it has said."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clearway.console.doctor.conditions import CONDITIONS
from clearway.console.doctor.diagnosis import Diagnosis, Finding, Problem, Severity
from clearway.console.doctor.window import STAYS, Window
from clearway.console.doctor.words import about, plain, seconds
from clearway.model import counted

if TYPE_CHECKING:
    from clearway.console.state import State

AGAIN_US = 5_000_000
"""The numbers of a problem that stays are told anew so often."""
CALM_US = 3_000_000
"""So long nothing must be wrong before that is said."""


def diagnose(state: State, worker: int | None = None) -> Diagnosis:
    """The principal problem of one worker, or of all, in the last seconds; also of a recording, as of its end."""
    window = Window(state, worker)
    findings = _findings(window)
    return findings[0].diagnosis() if findings else _nothing(window)


class Doctor:
    """Diagnoses again and again, and stays with a problem while it is nearly the worst."""

    def __init__(self) -> None:
        self.said: Diagnosis | None = None
        self._finding: Finding | None = None
        self._said_us = 0
        self._wrong_us = 0
        """When something was last wrong."""

    def look(self, state: State) -> Diagnosis | None:
        """What there is to say now; None where it is the same as before."""
        window = Window(state, stays_with=self._finding.subject if self._finding is not None else None)
        findings = _findings(window)
        now_us = state.at_us
        if not findings:
            return self._is_calm(window, now_us)
        self._wrong_us = now_us
        finding, is_same = findings[0], False
        for each in findings:
            if self._finding is not None and (each.problem, each.subject) == _key(self._finding):
                is_same = each is finding or each.cost * STAYS >= finding.cost
                finding = each if is_same else finding
        self._finding = finding
        if is_same and 0 <= now_us - self._said_us < AGAIN_US:
            return None
        return self._say(finding.diagnosis(), now_us)

    def _is_calm(self, window: Window, now_us: int) -> Diagnosis | None:
        if self._finding is not None and 0 <= now_us - self._wrong_us < CALM_US:
            return None
        if self._finding is None and self.said is not None and 0 <= now_us - self._said_us < AGAIN_US:
            return None
        self._finding = None
        return self._say(_nothing(window), now_us)

    def _say(self, diagnosis: Diagnosis, now_us: int) -> Diagnosis | None:
        self._said_us = now_us
        if diagnosis == self.said:
            return None
        self.said = diagnosis
        return diagnosis


def _key(finding: Finding) -> tuple[Problem, str]:
    return finding.problem, finding.subject


def _findings(window: Window) -> list[Finding]:
    """The costliest first; of two that cost the same, the one whose condition stands first."""
    found = [finding for condition in CONDITIONS if (finding := condition(window)) is not None]
    return sorted(found, key=lambda each: -each.cost)


def _nothing(window: Window) -> Diagnosis:
    routes = list(window.routes.values())
    stalls = window.recent(window.state.stalls)
    evidence = [f"{counted(len(stalls), 'stall')} in the last {seconds(window.seconds)}, none that costs much"]
    if not stalls:
        evidence = [f"no stall in the last {seconds(window.seconds)}"]
    if not routes:
        sentence = "Nothing is wrong: no request has ended in the last seconds."
        return Diagnosis(Problem.NOTHING, sentence, evidence, "", Severity.FINE)
    rate = sum(route.requests for route in routes) / window.seconds
    slowest = max(routes, key=lambda route: route.p99_ms or 0.0)
    p99 = seconds((slowest.p99_ms or 0.0) / 1000)
    threads = window.threads
    evidence += [
        f"{plain(slowest.route)} is the slowest route: p99 {p99}",
        f"{about(threads.busy)} of {threads.limit} threads are busy, {about(threads.queued)} calls wait for one",
        f"the loop uses {window.loop_cpu() * 100:.0f} % of a processor",
    ]
    sentence = f"Nothing is wrong: {about(rate)} requests/s on {counted(len(routes), 'route')}, p99 at most {p99}."
    return Diagnosis(Problem.NOTHING, sentence, evidence, "", Severity.FINE)
