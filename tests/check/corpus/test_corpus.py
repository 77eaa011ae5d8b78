"""The corpus itself is sound: cases can be read, are real programs, and blocking and clean hold the balance."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest

from tests.check.corpus.case import Case, all_cases, load, name_of

pytestmark = pytest.mark.once

LOADED = {name_of(path): load(path) for path in all_cases()}


def test_it_is_large_and_half_of_it_is_clean() -> None:
    alarming = sum(case.must_alarm for case in LOADED.values())
    assert len(LOADED) >= 160
    assert 0.4 <= alarming / len(LOADED) <= 0.6


@pytest.mark.parametrize("path", all_cases(), ids=name_of)
def test_case_says_its_shape_first(path: Path) -> None:
    first = path.read_text().split("\n")[0]
    assert first.startswith("# ")
    assert first.endswith(".")


@pytest.mark.parametrize("case", LOADED.values(), ids=LOADED)
def test_case_is_python(case: Case) -> None:
    """What is said to be newer than the host is rejected by it; all else compiles."""
    newer = case.newer is not None and sys.version_info < case.newer
    rejected = [name for name, text in case.files.items() if name.endswith(".py") and not _compiles(name, text)]
    assert bool(rejected) == newer, rejected


def _compiles(name: str, text: str) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)
        try:
            compile(text, name, "exec")
        except SyntaxError:
            return False
    return True


@pytest.fixture(scope="module")
def truth() -> dict[str, Any]:
    """What the frameworks make of every case."""
    command = [sys.executable, "-m", "tests.check.corpus.truth"]
    answered = subprocess.run(command, capture_output=True, cwd=Path(__file__).parents[3], check=False)
    assert answered.returncode == 0, answered.stderr.decode()
    answers: dict[str, Any] = json.loads(answered.stdout)
    return answers


def _stands_for(said: str, route: str) -> bool:
    """`/…` in a route of a case is a prefix that only the running program knows."""
    return re.fullmatch(".+".join(map(re.escape, said.split("…"))), route) is not None


@pytest.mark.parametrize("case", LOADED.values(), ids=LOADED)
def test_case_is_the_service_that_it_says(case: Case, truth: dict[str, Any]) -> None:
    """FastAPI or Starlette accepts it, and has its routes and dependencies where the case has them."""
    if case.name not in truth:
        assert case.newer is not None
        assert sys.version_info < case.newer
        return
    service = truth[case.name]
    assert service["error"] is None
    serving = [root for root in case.roots if root.kind in ("endpoint", "websocket")]
    expected = {route for root in serving for route in root.routes}
    found = set(service["routes"])
    if all(root.routes for root in serving):
        assert all(any(_stands_for(said, route) for route in found) for said in expected)
        assert all(any(_stands_for(said, route) for said in expected) for route in found)
    else:
        assert found > expected
    for route, place in service["routes"].items():
        said = [root for root in serving if place in (None, f"{root.file}:{root.line}")]
        named = {route for root in said for route in root.routes}
        assert not all(root.routes for root in said) or any(_stands_for(one, route) for one in named), (
            f"{route} at {place}"
        )
    dependencies = {f"{root.file}:{root.line}": root for root in case.roots if root.kind == "dependency"}
    for place, routes in service["dependencies"].items():
        assert place in dependencies
        assert dependencies[place].routes in (frozenset(), frozenset(routes))
    # Views of the one package, and what a container of the other injects, only these take apart; a stand-in does not.
    if not any("fastapi_utils" in text or "dishka" in text for text in case.files.values()):
        assert set(dependencies) == set(service["dependencies"])
