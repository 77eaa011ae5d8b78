"""`--format json` keeps its contract."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearway.check.report.contract import as_json
from clearway.check.report.selection import Selection, select
from clearway.check.result import Place, Result, Skipped, Unresolved
from clearway.model import Advice, Fix, Lane, RootKind, Severity, Sink, SinkKind, Verdict
from tests.check.report.made import CODES, finding, link, result, root

SCHEMA = json.loads((Path(__file__).parents[3] / "docs" / "schema" / "check-1.json").read_text())
FIX = Fix("to_thread", "app/crud.py", 5, 11, 5, 20, "hand requests.get to a thread")


def written(selection: Selection) -> Any:
    """What a program that reads the report gets."""
    return json.loads(json.dumps(as_json(selection)))


def valid(data: Any) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.Draft202012Validator(SCHEMA).validate(data)


def test_keys_and_values_of_the_contract(tmp_path: Path) -> None:
    advised = root(advice=Advice(Lane.THREAD, "def", "nothing is awaited"), blocked_by=("app.deps:user",))
    found = result(
        tmp_path,
        finding(fix=FIX),
        roots=(advised,),
        unresolved=Unresolved(3, 870, ("boto3",), (Place("app/main.py", 7, "handlers[kind]()"),)),
        skipped=(Skipped("old.py", "line 3: invalid syntax"),),
        warnings=("no environment was found",),
    )
    data = written(select(found, CODES))
    valid(data)
    assert data["schema"] == "clearway.check/1"
    assert data["roots"] == [
        {
            "id": "app.main:read_item",
            "kind": "endpoint",
            "file": "app/main.py",
            "line": 4,
            "function": "read_item",
            "async": True,
            "routes": ["GET /items/{id}"],
            "runs_on": "loop",
            "verdict": "blocks",
            "blocked_by": ["app.deps:user"],
            "advice": {"lane": "thread", "change": "def", "why": "nothing is awaited"},
        }
    ]
    assert data["findings"] == [
        {
            "rule": "CW102",
            "severity": "error",
            "root": "app.main:read_item",
            "message": "read_item blocks the loop: load waits for the network in requests.get",
            "sink": {"name": "requests.get", "kind": "network"},
            "chain": [
                {"function": "app.main:read_item", "file": "app/main.py", "line": 5, "calls": "app.crud:load"},
                {"function": "app.crud:load", "file": "app/crud.py", "line": 5, "calls": "requests.get"},
            ],
            "fingerprint": found.findings[0].fingerprint,
            "fix": {
                "kind": "to_thread",
                "file": "app/crud.py",
                "line": 5,
                "column": 11,
                "end_line": 5,
                "end_column": 20,
                "description": "hand requests.get to a thread",
            },
        }
    ]
    assert data["unresolved"] == {
        "calls": 3,
        "total": 870,
        "modules": ["boto3"],
        "places": [{"file": "app/main.py", "line": 7, "text": "handlers[kind]()"}],
    }
    assert data["skipped"] == [{"file": "old.py", "reason": "line 3: invalid syntax"}]
    assert data["warnings"] == ["no environment was found"]
    assert data["seconds"] == 0.25


def test_what_is_not_there_is_null(tmp_path: Path) -> None:
    unbound = finding(rule="CW201", root=None, sink=None, chain=(link("app.main:close", 8, "app.db:stop"),))
    data = written(select(result(tmp_path, unbound), CODES))
    valid(data)
    assert data["findings"][0]["sink"] is None
    assert data["findings"][0]["fix"] is None
    assert data["findings"][0]["root"] is None
    assert data["roots"][0]["advice"] is None


def test_an_empty_result_is_a_report_too(tmp_path: Path) -> None:
    data = written(select(Result(tmp_path), CODES))
    valid(data)
    assert data["roots"] == data["findings"] == []


@pytest.mark.parametrize("enum", [RootKind, Severity, SinkKind, Verdict, Lane])
def test_schema_has_every_word(enum: Any) -> None:
    definitions = SCHEMA["$defs"]
    enums = [
        definitions["lane"]["enum"],
        definitions["sinkKind"]["enum"],
        definitions["root"]["properties"]["kind"]["enum"],
        definitions["root"]["properties"]["verdict"]["enum"],
        definitions["finding"]["properties"]["severity"]["enum"],
    ]
    assert [str(word) for word in enum] in enums


TEXT = st.text(alphabet=st.characters(), max_size=12)


@given(message=TEXT, file=TEXT, function=TEXT, line=st.integers(1, 10**9), name=TEXT)
def test_any_text_arrives_as_it_is(message: str, file: str, function: str, line: int, name: str) -> None:
    found = finding(message=message, sink=Sink(name, SinkKind.FILE), chain=(link(function, line, name, file or "x"),))
    data = written(Selection(result(Path("/nowhere"), found), (found,)))
    assert data["findings"][0]["message"] == message
    assert data["findings"][0]["chain"][0]["file"] == (file or "x")
