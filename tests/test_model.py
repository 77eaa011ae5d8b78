"""Plans: written, read, checked against their code; and what a malformed one gets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearway.model import (
    FINISHING_KINDS,
    CallKind,
    ClearwayError,
    Lane,
    Plan,
    PlanError,
    PlannedCall,
    SettingsError,
    file_digest,
)

NAMES = st.text(min_size=1, max_size=30)
CALLS = st.lists(st.builds(PlannedCall, NAMES, st.sampled_from(Lane), st.text(max_size=30)), max_size=6)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
ENTRIES = st.fixed_dictionaries({}, optional={"call": JSON, "lane": JSON | st.sampled_from(Lane), "why": JSON})
PLANS = st.fixed_dictionaries(
    {"schema": st.just(Plan.SCHEMA)}, optional={"calls": st.lists(ENTRIES, max_size=4) | JSON, "files": JSON}
)

QUICK = settings(max_examples=150)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("plans") / "plan.json"


def _error_of(file: Path, content: str | bytes) -> str:
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(PlanError) as caught:
        Plan.load(file)
    message = str(caught.value)
    assert message.startswith(f"plan {file}: ")
    assert "\n" not in message
    return message.removeprefix(f"plan {file}: ")


def _plan(**changes: Any) -> str:
    return json.dumps({"schema": Plan.SCHEMA, "calls": [], "files": {}} | changes)


@given(calls=CALLS)
@QUICK
def test_what_was_written_is_read(file: Path, calls: list[PlannedCall]) -> None:
    plan = Plan.of(calls)
    plan.dump(file)
    assert Plan.load(file) == plan


@given(content=st.binary(max_size=60) | st.text(max_size=60) | JSON.map(json.dumps) | PLANS.map(json.dumps))
@QUICK
def test_whatever_stands_in_the_file_it_is_a_plan_or_one_line(file: Path, content: str | bytes) -> None:
    try:
        file.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass"))
        plan = Plan.load(file)
    except PlanError as error:
        message = str(error)
        assert message.startswith(f"plan {file}: ")
        assert len(message.splitlines()) == 1
    else:
        assert all(isinstance(call, PlannedCall) and isinstance(call.lane, Lane) for call in plan.calls.values())


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        (b"\xff\xfe{}", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[]", "schema is 'list', expected 'clearway.plan/1'"),
        ("{}", "schema is None, expected 'clearway.plan/1'"),
        (_plan(schema="clearway.plan/2"), "schema is 'clearway.plan/2'"),
        (json.dumps({"schema": Plan.SCHEMA}), "an entry has no 'calls'"),
        (_plan(calls=[{"lane": "loop", "why": ""}]), "an entry has no 'call'"),
        (_plan(calls=[{"call": "a:b", "why": ""}]), "an entry has no 'lane'"),
        (_plan(calls=[{"call": "a:b", "lane": "loop"}]), "an entry has no 'why'"),
        (_plan(calls=[{"call": "a:b", "lane": "sidewalk", "why": ""}]), "'sidewalk' is not a valid Lane"),
        (_plan(calls=[{"call": "a:b", "lane": ["loop"], "why": ""}]), "is not a valid Lane"),
        (_plan(calls=[1]), ""),
        (_plan(calls=None), ""),
        (_plan(files=[]), ""),
        (_plan(files=None), ""),
        (_plan(files={"x" * 5000: ""}), "made from 'xxx"),
        (_plan(files={"a\0b": ""}), "made from 'a\\x00b'"),
        (_plan(files={"a\nb": ""}), "made from 'a\\nb'"),
        (_plan(files={"": ""}), "made from ''"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_malformed_plan_is_said_in_one_line(file: Path, content: str | bytes, message: str) -> None:
    found = _error_of(file, content)
    assert found.startswith(message) or message in found
    assert found.endswith("write it again")


def test_no_plan_there(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="No such file or directory; write one, or drop --plan"):
        Plan.load(tmp_path / "plan.json")
    with pytest.raises(PlanError, match="Is a directory"):
        Plan.load(tmp_path)


def test_a_plan_for_other_code_is_refused(tmp_path: Path) -> None:
    source = tmp_path / "app" / "main.py"
    source.parent.mkdir()
    source.write_text("def read(): ...\n")
    file = tmp_path / "plan.json"
    Plan(
        {"app.main:read": PlannedCall("app.main:read", Lane.LOOP, "only returns")},
        {"app/main.py": file_digest(source)},
    ).dump(file)
    assert Plan.load(file).calls["app.main:read"].why == "only returns"

    source.write_text("def read(): open('x')\n")
    with pytest.raises(PlanError, match=r"'app/main\.py' has changed since it was made; write it again"):
        Plan.load(file)
    source.unlink()
    with pytest.raises(PlanError, match=r"made from 'app/main\.py', which cannot be read; write it again"):
        Plan.load(file)


def test_a_plan_may_name_its_files_absolutely(tmp_path: Path) -> None:
    source = tmp_path / "main.py"
    source.write_text("")
    (tmp_path / "plans").mkdir()
    file = tmp_path / "plans" / "plan.json"
    Plan({}, {str(source): file_digest(source)}).dump(file)
    assert Plan.load(file).files == {str(source): file_digest(source)}


def test_every_error_of_clearway_is_one_kind() -> None:
    assert issubclass(PlanError, ClearwayError)
    assert issubclass(SettingsError, ClearwayError)


def test_what_starts_a_request_is_not_what_finishes_it() -> None:
    starting = {CallKind.ENDPOINT, CallKind.WEBSOCKET, CallKind.DEPENDENCY, CallKind.OFFLOAD}
    assert set(CallKind) - FINISHING_KINDS == starting
