"""`--format sarif`: valid, with the chain, and at home in a repository."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import jsonschema
from hypothesis import given
from hypothesis import strategies as st

from clearway.check.report.place import Place
from clearway.check.report.sarif import as_sarif
from clearway.check.report.selection import Selection, select
from clearway.check.result import Result, Skipped
from clearway.model import Severity
from tests.check.report.made import CODES, finding, link, result
from tests.check.report.sarif_schema import LOG


@dataclass(frozen=True)
class Doc:
    code: str
    name: str = "blocking-chain"
    summary: str = "A call on the loop reaches what blocks."
    documentation: str = "## What it does\n\nIt follows calls."


RULES = {code: Doc(code) for code in CODES}


def valid(log: Any) -> Any:
    log = json.loads(json.dumps(log))
    jsonschema.Draft7Validator(LOG).validate(log)
    official = os.environ.get("CLEARWAY_SARIF_SCHEMA")
    if official:
        jsonschema.Draft4Validator(json.loads(Path(official).read_text())).validate(log)
    return log


def log_of(selection: Selection, repository: Path | None = None) -> Any:
    return valid(as_sarif(selection, RULES, Place(selection.result.root, repository), "1.2.3"))


def test_a_finding_with_its_chain(tmp_path: Path) -> None:
    (run,) = log_of(select(result(tmp_path, finding()), CODES))["runs"]
    (found,) = run["results"]
    assert (found["ruleId"], found["level"]) == ("CW102", "error")
    assert run["tool"]["driver"]["rules"][found["ruleIndex"]]["id"] == "CW102"
    assert found["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "app/main.py"
    assert found["locations"][0]["physicalLocation"]["region"]["startLine"] == 5
    steps = found["codeFlows"][0]["threadFlows"][0]["locations"]
    assert [step["location"]["message"]["text"] for step in steps] == [
        "app.main:read_item calls app.crud:load",
        "app.crud:load calls requests.get",
    ]
    assert len(found["partialFingerprints"]["clearway/v1"]) == 20


def test_rules_bring_their_documentation(tmp_path: Path) -> None:
    (run,) = log_of(select(Result(tmp_path), CODES))["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == sorted(CODES)
    assert rules[0]["help"]["markdown"].startswith("## What it does")


def test_a_rule_without_documentation_is_still_named(tmp_path: Path) -> None:
    unheard = finding(rule="CW999")
    log = log_of(Selection(result(tmp_path, unheard), (unheard,)))
    assert log["runs"][0]["tool"]["driver"]["rules"][-1] == {"id": "CW999"}


def test_levels(tmp_path: Path) -> None:
    found = [finding(severity=severity) for severity in Severity]
    results = log_of(select(result(tmp_path, *found), CODES))["runs"][0]["results"]
    assert [entry["level"] for entry in results] == ["error", "warning", "note"]


def test_what_was_not_checked_is_told(tmp_path: Path) -> None:
    skipped = Result(tmp_path, skipped=(Skipped("a b.py", "not UTF-8"),), warnings=("no environment",))
    (invocation,) = log_of(select(skipped, CODES))["runs"][0]["invocations"]
    notes = invocation["toolExecutionNotifications"]
    assert [note["message"]["text"] for note in notes] == ["not checked: not UTF-8", "no environment"]
    assert notes[0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "a%20b.py"


def test_accepted_findings_are_left_out(tmp_path: Path) -> None:
    """GitHub would show a suppressed result as an open alert."""
    accepted = Selection(result(tmp_path, finding()), (), ignored=(finding(),), known=(finding(),))
    assert log_of(accepted)["runs"][0]["results"] == []


def test_files_of_a_service_in_a_subfolder_are_seen_from_the_repository(tmp_path: Path) -> None:
    service = tmp_path / "services" / "api"
    service.mkdir(parents=True)
    (found,) = log_of(select(result(service, finding()), CODES), tmp_path)["runs"][0]["results"]
    uri = found["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert uri == "services/api/app/main.py"


def test_a_hop_in_an_installed_package_has_a_place_of_its_own(tmp_path: Path) -> None:
    chain = (link("app.main:f", 1, "lib:g"), link("lib:g", 2, "open", "/opt/site packages/lib.py"))
    found = finding(chain=chain)
    log = log_of(Selection(result(tmp_path, found), (found,)), tmp_path)
    steps = log["runs"][0]["results"][0]["codeFlows"][0]["threadFlows"][0]["locations"]
    artifact = steps[1]["location"]["physicalLocation"]["artifactLocation"]
    assert artifact == {"uri": "file:///opt/site%20packages/lib.py"}


SEGMENT = st.text(st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1, max_size=8).filter(
    lambda name: name not in (".", "..")
)


@given(st.lists(SEGMENT, min_size=1, max_size=3), st.text(max_size=20))
def test_any_file_name_becomes_a_relative_reference(segments: list[str], message: str) -> None:
    file = "/".join(segments)
    found = finding(message=message, chain=(link("a:b", 1, "c", file),))
    log = log_of(Selection(result(Path("/nowhere"), found), (found,)))
    uri = log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert unquote(uri) == file


def test_a_file_name_that_is_not_utf_8(tmp_path: Path) -> None:
    found = finding(chain=(link("a:b", 1, "c", os.fsdecode(b"caf\xe9.py")),))
    log = log_of(Selection(result(tmp_path, found), (found,)))
    assert '"caf%E9.py"' in json.dumps(log)
