"""The plan that `clearway run` follows: only what is proven goes to the loop."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from clearway.check.plan import plan_of
from clearway.check.result import Result
from clearway.model import (
    Advice,
    ClearwayError,
    Lane,
    Plan,
    PlanError,
    Root,
    RootKind,
    Severity,
    Sink,
    SinkKind,
    Verdict,
)
from tests.check.report.made import finding, result, root, write_app

LOOP = Advice(Lane.LOOP, "none", "never blocks: 3 calls read")
EVIDENCE = {"app.main:version": ("app/main.py", "app/crud.py")}


def version(**changes: Any) -> Root:
    """A `def` endpoint that is proven not to block."""
    values: dict[str, Any] = {"is_async": False, "runs_on": Lane.THREAD, "verdict": Verdict.CLEAN, "advice": LOOP}
    return root("app.main:version", **(values | changes))


def planned(folder: Path, *roots: Root, evidence: Any = EVIDENCE) -> Plan:
    write_app(folder)
    return plan_of(result(folder, roots=roots, evidence=evidence), folder / "plan.json")


@pytest.mark.parametrize("kind", [RootKind.ENDPOINT, RootKind.DEPENDENCY])
def test_what_is_proven_goes_to_the_loop_with_its_reason(tmp_path: Path, kind: RootKind) -> None:
    plan = planned(tmp_path, version(kind=kind))
    (call,) = plan.calls.values()
    assert (call.call, call.lane, call.why) == ("app.main:version", Lane.LOOP, "never blocks: 3 calls read")


@pytest.mark.parametrize(
    "changes",
    [
        {"advice": None},
        {"advice": Advice(Lane.THREAD, "none", "it waits for a file")},
        {"verdict": Verdict.UNKNOWN},
        {"verdict": Verdict.BLOCKS},
        {"kind": RootKind.BACKGROUND_TASK},
        {"is_async": True},
    ],
    ids=str,
)
def test_nothing_else_goes_to_the_loop(tmp_path: Path, changes: Any) -> None:
    plan = planned(tmp_path, version(**changes))
    assert all(call.lane is not Lane.LOOP for call in plan.calls.values())


def test_what_rests_on_no_named_file_stays_in_its_thread(tmp_path: Path) -> None:
    """A plan that could not go stale would be followed for ever."""
    assert planned(tmp_path, version(), evidence={}).calls == {}


def test_the_reason_for_a_thread_is_told_where_there_is_one(tmp_path: Path) -> None:
    waits = version(advice=Advice(Lane.THREAD, "none", "waits for requests.get"))
    unknown = root("app.main:b", is_async=False, verdict=Verdict.UNKNOWN)
    nothing = root("app.main:c", is_async=False, verdict=Verdict.CLEAN)
    plan = planned(tmp_path, waits, unknown, nothing)
    assert {name: (call.lane, call.why) for name, call in plan.calls.items()} == {
        "app.main:version": (Lane.THREAD, "waits for requests.get"),
        "app.main:b": (Lane.THREAD, "not proven: it makes a call that could not be resolved"),
    }


def test_two_calls_of_one_name_must_both_be_proven(tmp_path: Path) -> None:
    """Two services of one repository may each have an `app.main`; the plan names them alike."""
    assert planned(tmp_path, version(), version(verdict=Verdict.UNKNOWN)).calls["app.main:version"].lane is Lane.THREAD
    assert planned(tmp_path, version(), version(advice=None)).calls == {}
    assert planned(tmp_path, version(), version()).calls["app.main:version"].lane is Lane.LOOP


def test_the_plan_is_fresh_until_a_file_that_it_rests_on_changes(tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    planned(tmp_path, version()).dump(file)
    assert set(Plan.load(file).files) == {"app/main.py", "app/crud.py"}
    (tmp_path / "unrelated.py").write_text("x = 1")
    assert Plan.load(file).calls
    (tmp_path / "app" / "crud.py").write_text("import time")
    with pytest.raises(PlanError, match=r"'app/crud\.py' has changed"):
        Plan.load(file)


def test_files_are_seen_from_the_plan_s_folder(tmp_path: Path) -> None:
    service = tmp_path / "service"
    service.mkdir()
    write_app(service)
    file = tmp_path / "deploy" / "plan.json"
    file.parent.mkdir()
    plan_of(result(service, roots=(version(),), evidence=EVIDENCE), file).dump(file)
    assert set(Plan.load(file).files) == {"../service/app/main.py", "../service/app/crud.py"}
    moved = shutil.copytree(tmp_path, tmp_path.parent / f"{tmp_path.name}-moved")
    assert Plan.load(moved / "deploy" / "plan.json").calls


def test_a_file_that_has_gone_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ClearwayError, match=r"crud\.py: No such file or directory; check again"):
        plan_of(result(tmp_path, roots=(version(),), evidence=EVIDENCE), tmp_path / "plan.json")


def test_an_empty_result_is_an_empty_plan(tmp_path: Path) -> None:
    assert plan_of(Result(tmp_path), tmp_path / "plan.json") == Plan()


DEF = Advice(Lane.THREAD, "def", "nothing is awaited")


@pytest.mark.parametrize(
    ("changes", "lane"),
    [
        ({}, Lane.LOOP),
        ({"advice": DEF}, Lane.THREAD),
        ({"kind": RootKind.DEPENDENCY}, Lane.LOOP),
        ({"kind": RootKind.WEBSOCKET}, Lane.LOOP),
    ],
)
def test_an_async_def_that_blocks_is_in_the_plan_for_containment(tmp_path: Path, changes: Any, lane: Lane) -> None:
    write_app(tmp_path)
    found = result(tmp_path, roots=(root(**changes),), findings=(finding(),), evidence={})
    plan = plan_of(found, tmp_path / "plan.json")
    (call,) = plan.calls.values()
    assert (call.call, call.lane, call.why, call.blocks) == (
        "app.main:read_item", lane, "reaches requests.get", True
    )  # fmt: skip
    assert set(plan.files) == {"app/main.py"}


@pytest.mark.parametrize(
    ("root_changes", "finding_changes"),
    [
        ({"verdict": Verdict.UNKNOWN}, {}),
        ({"kind": RootKind.MIDDLEWARE}, {}),
        ({}, {"sink": Sink("hashlib.scrypt", SinkKind.CPU)}),
        ({}, {"severity": Severity.ADVICE}),
        ({"blocked_by": ("app.main:session",)}, {"root": "app.main:session"}),
    ],
    ids=["unknown", "middleware", "computes", "advice", "only its dependency"],
)
def test_what_containment_cannot_help_is_not_in_it(tmp_path: Path, root_changes: Any, finding_changes: Any) -> None:
    write_app(tmp_path)
    found = result(tmp_path, roots=(root(**root_changes),), findings=(finding(**finding_changes),), evidence={})
    assert plan_of(found, tmp_path / "plan.json").calls == {}
