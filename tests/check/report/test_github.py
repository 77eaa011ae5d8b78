"""`--format github`: one workflow command a line, whatever the text holds."""

from __future__ import annotations

import os
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from clearway.check.report.github import workflow_commands
from clearway.check.report.place import Place
from clearway.check.report.selection import Selection, select
from clearway.check.result import Result, Skipped
from clearway.model import Severity
from tests.check.report.made import CODES, finding, link, result


def commands(selection: Selection, repository: Path | None = None) -> list[str]:
    return list(workflow_commands(selection, Place(selection.result.root, repository)))


def test_a_finding_is_an_annotation_with_its_chain(tmp_path: Path) -> None:
    assert commands(select(result(tmp_path, finding(message="read_item: 100% blocked")), CODES)) == [
        "::error file=app/main.py,line=5,title=CW102::read_item: 100%25 blocked"
        "%0Aapp/main.py:5 app.main:read_item calls app.crud:load%0Aapp/crud.py:5 app.crud:load calls requests.get"
    ]


def test_severities(tmp_path: Path) -> None:
    found = select(result(tmp_path, *(finding(severity=severity) for severity in Severity)), CODES)
    assert [line.split(" ")[0] for line in commands(found)] == ["::error", "::warning", "::notice"]


def test_skipped_files_and_warnings(tmp_path: Path) -> None:
    found = Result(tmp_path, skipped=(Skipped("a,b:c.py", "not UTF-8"),), warnings=("no\nenvironment",))
    assert commands(select(found, CODES)) == [
        "::warning file=a%2Cb%3Ac.py,line=1,title=clearway::not checked: not UTF-8",
        "::warning title=clearway::no%0Aenvironment",
    ]


def test_files_are_seen_from_the_checkout(tmp_path: Path) -> None:
    service = tmp_path / "api"
    service.mkdir()
    (line,) = commands(select(result(service, finding()), CODES), tmp_path)
    assert "file=api/app/main.py," in line
    (line,) = commands(select(result(service, finding()), CODES), tmp_path / "elsewhere")
    assert "file=app/main.py," in line


@given(st.text(st.characters()), st.text(st.characters(), min_size=1))
def test_no_text_can_begin_another_command(message: str, file: str) -> None:
    found = finding(message=message, chain=(link("a:b", 1, "c", file),))
    (line,) = commands(Selection(result(Path("/nowhere"), found), (found,)))
    assert len(line.splitlines()) == 1
    assert "\x1b" not in line
    line.encode()
    properties = line.removeprefix("::error ").partition("::")[0]
    assert len(properties.split(",")) == 3


def test_a_file_name_that_is_not_utf_8(tmp_path: Path) -> None:
    found = finding(chain=(link("a:b", 1, "c", os.fsdecode(b"caf\xe9.py")),))
    (line,) = commands(Selection(result(tmp_path, found), (found,)))
    assert "file=caf\\udce9.py," in line


def test_more_than_github_shows_is_said_first(tmp_path: Path) -> None:
    many = [finding(message=f"finding {number}") for number in range(11)]
    lines = commands(select(result(tmp_path, *many), CODES))
    assert lines[0] == (
        "::notice title=clearway::findings: 11 of level error. GitHub shows 10 of each level; the log has all."
    )
    assert len(lines) == 12
    few = commands(select(result(tmp_path, *many[:10]), CODES))
    assert len(few) == 10
