"""A short run of the fuzzer: whatever the modules hold, the checker answers with a result or with one line."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from clearway.check.engine import CallGraph, PendingCallGraph, Span, Target
from clearway.check.project import Project
from tests.check.fuzz import fuzz, modules


class Silent:
    """An engine that knows nothing, so that each case takes milliseconds."""

    name = "silent"
    version = "0"
    unanswered: tuple[Path, ...] = ()

    def start(self, project: Project, workplace: Path) -> PendingCallGraph:
        return self

    def wait(self) -> CallGraph:
        return self

    def cancel(self) -> None:
        pass

    def calls(self, path: Path, span: Span) -> tuple[Target, ...]:
        return ()

    def constructs(self, path: Path, span: Span) -> tuple[str, ...]:
        return ()

    def properties(self, path: Path, span: Span) -> tuple[Target, ...]:
        return ()

    def implicit(self, path: Path, span: Span) -> tuple[Target, ...]:
        return ()


@pytest.mark.parametrize("seed", range(4))
def test_mutated_modules_crash_nothing(seed: int) -> None:
    outcome = fuzz(modules(), random.Random(seed), count=15, engine=Silent())
    assert outcome.checked == 15
    assert not outcome.crashes, outcome.crashes[0][1]
