"""The runner itself: what it counts, and what it does not let pass."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.compat import exclusions
from tests.compat.__main__ import parse
from tests.compat.exclusions import Exclusion
from tests.compat.sdist import HERE, ROOT, Sdist, SuiteError, pinned
from tests.compat.suite import SUITES, Result, Run, judge
from tests.compat.summary import closing, table, verdict

APPS = """
from fastapi import FastAPI
from starlette.applications import Starlette

class Nested(FastAPI):
    def __init__(self):
        super().__init__(title="nested")
        self.late = True

def test_three_apps():
    assert Nested().late
    assert FastAPI().title == "FastAPI"
    assert Starlette().routes == []

def test_excluded(): assert False
"""


def report(**changes: Any) -> dict[str, Any]:
    return {"counts": {"passed": 3}, "clearway": {"apps": 2, "calls": 5}, "deselected": [], **changes}


def judged(run: Run, excluded: tuple[Exclusion, ...] = (), *, plain: bool = False, whole: bool = True) -> Result:
    result = Result("starlette", "1.0", plain)
    judge(result, run, excluded, whole=whole)
    return result


@pytest.mark.parametrize("name", SUITES)
@pytest.mark.parametrize("lock", ["dev.lock", "compat.lock"])
def test_the_suite_pinned_is_that_of_the_locked_framework(name: str, lock: str) -> None:
    sdist = pinned(name)
    requirements = (ROOT / "requirements" / lock).read_text(encoding="utf-8")
    entry = re.search(rf"^{name}=={re.escape(sdist.version)} \\\n((?: +--hash=\S+.*\n)+)", requirements, re.MULTILINE)
    assert entry is not None
    assert sdist.sha256 in entry[1]


def test_an_archive_with_another_hash_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.compat.sdist.CACHE", tmp_path)
    sdist = Sdist("fastapi", "0", "0" * 64)
    sdist.archive.write_bytes(b"something else")
    with pytest.raises(SuiteError, match="could not download"):
        sdist.fetch(Path("/bin/false"))
    assert not sdist.archive.exists()


def test_a_clean_run_has_no_problem() -> None:
    result = judged(Run(0, ["=== 3 passed in 1.00s ==="], 1.0, report()))
    assert result.problems == []
    assert list(verdict([result])) == ["every suite passed"]


@pytest.mark.parametrize(
    ("run", "problem"),
    [
        (Run(1, [], 1.0, report()), "pytest ended with exit code 1"),
        (Run(0, [], 1.0, {}), "no test passed"),
        (Run(0, [], 1.0, report(clearway={})), "Clearway was installed on no app"),
        (Run(0, [], 1.0, report(clearway={"apps": 2})), "no call went through Clearway's lanes"),
        (
            Run(0, [], 1.0, report(faults={"finish: KeyError: 'path'": 7})),
            "Clearway itself failed; the tests saw the framework's own way instead",
        ),
    ],
)
def test_what_is_no_success(run: Run, problem: str) -> None:
    assert problem in judged(run).problems


def test_an_exclusion_that_names_no_test_is_a_problem_of_a_whole_run_only() -> None:
    excluded = (Exclusion("tests/test_a.py::test_gone", "why"),)
    run = Run(0, [], 1.0, report())
    assert judged(run, excluded).problems == ["exclusion names no test: tests/test_a.py::test_gone"]
    assert judged(run, excluded, whole=False).problems == []


@pytest.mark.parametrize(("outcome", "is_stale"), [("passed", True), ("failed", False), ("error", False), (None, True)])
def test_an_exclusion_has_to_fail(outcome: str | None, is_stale: bool) -> None:
    outcomes = {"t": outcome} if outcome else {}
    assert bool(exclusions.stale([Exclusion("t", "why")], outcomes)) is is_stale


def test_what_clearway_is_excused_for_is_not_excused_without_it() -> None:
    ours, roots = Exclusion("t", "why"), Exclusion("t", "why", only_as="root")
    assert ours.applies(plain=False, is_root=False)
    assert not ours.applies(plain=True, is_root=True)
    assert roots.applies(plain=True, is_root=True)
    assert not roots.applies(plain=False, is_root=False)


def test_every_exclusion_has_a_reason(tmp_path: Path) -> None:
    for suite in SUITES:
        assert all(each.reason for each in exclusions.load(suite, plain=False))
    path = tmp_path / "exclusions.toml"
    path.write_text('[[fastapi]]\ntest = "t"\n', encoding="utf-8")
    with pytest.raises(SuiteError, match="reason"):
        exclusions.load("fastapi", plain=False, path=path)


@pytest.mark.parametrize(
    ("arguments", "parsed"),
    [
        ([], (["fastapi", "starlette"], False, [])),
        (["starlette", "--plain", "-k", "fastapi"], (["starlette"], True, ["-k", "fastapi"])),
        (["-x"], (["fastapi", "starlette"], False, ["-x"])),
    ],
)
def test_arguments(arguments: list[str], parsed: tuple[list[str], bool, list[str]]) -> None:
    assert parse(arguments) == parsed


def test_the_summary_ends_with_pytests_own_count() -> None:
    count = "===== 3 passed, 1 skipped in 61.20s (0:01:01) ====="
    result = judged(Run(0, ["....", count, "a line at exit"], 61.2, report()))
    assert list(closing([result]))[-1] == count
    assert "3" in list(table([result]))[1].split()


@pytest.mark.parametrize(("mode", "apps"), [("installed", 3), ("plain", 0)])
def test_the_plugin_installs_once_on_every_app(mode: str, apps: int, tmp_path: Path) -> None:
    (tmp_path / "test_apps.py").write_text(APPS, encoding="utf-8")
    found = tmp_path / "report.json"
    environment = {
        **os.environ,
        "PYTHONPATH": str(HERE / "inside"),
        "CLEARWAY_COMPAT": mode,
        "CLEARWAY_COMPAT_EXCLUDED": '["test_apps.py::test_excluded"]',
        "CLEARWAY_COMPAT_REPORT": str(found),
    }
    command = [sys.executable, "-m", "pytest", "-p", "clearway_compat", "--rootdir", str(tmp_path)]
    run = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    data = json.loads(found.read_text(encoding="utf-8"))
    assert data["counts"]["passed"] == 1
    assert data["deselected"] == ["test_apps.py::test_excluded"]
    assert data["clearway"].get("apps", 0) == apps
