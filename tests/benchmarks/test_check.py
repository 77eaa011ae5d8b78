"""The checker's benchmark measures every way to run a check, on a small service."""

from __future__ import annotations

import ast
import json
import sys
from pathlib import Path

import pytest

from benchmarks import check
from benchmarks.dependencies import write_uses
from benchmarks.generated import write_service


def test_the_generated_service_is_code_and_the_same_every_time(tmp_path: Path) -> None:
    counts = [write_service(tmp_path / name, 1000) for name in ("one", "other")]
    assert counts[0] == counts[1] >= 1000
    one, other = (
        {str(path.relative_to(tmp_path / name)): path.read_text() for path in (tmp_path / name).rglob("*.py")}
        for name in ("one", "other")
    )
    assert one == other
    for text in one.values():
        ast.parse(text)


def test_every_row_is_measured(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    results = tmp_path / "results.json"
    code = check.main(["--lines", "300", "--repeat", "1", "--no-flake8", "--json", str(results)])
    assert code == check.DONE, capsys.readouterr().err
    data = json.loads(results.read_text())
    assert [row["name"] for row in data["rows"]] == [
        "report alone",
        "first run",
        "again, no result cached",
        "one file changed",
        "one class more",
        "nothing changed",
    ]
    assert all(len(row["seconds"]) == 1 and row["seconds"][0] > 0 for row in data["rows"])
    assert len(data["targets"]) == 5


def test_a_tree_that_is_not_there_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check.main(["--tree", str(tmp_path / "none"), "--no-flake8"]) == check.COULD_NOT
    assert "there is no such folder" in capsys.readouterr().err


def test_rows_for_a_service_that_uses_every_package_of_an_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def few(folder: Path, python: str) -> tuple[int, int]:
        (folder / "uses").mkdir(parents=True)
        (folder / "uses" / "use_fastapi.py").write_text("from fastapi import FastAPI\n\napp = FastAPI()\n")
        return 3, 61

    monkeypatch.setattr(check, "write_uses", few)
    rows = check._with_dependencies(tmp_path, sys.executable)
    for row in rows:
        row.repeat()
    assert [row.name.partition(",")[0] for row in rows] == ["first run", "again", "nothing changed"]
    assert all("61 dependencies" in row.name and row.seconds[0] > 0 for row in rows)


def test_what_is_used_is_code_and_the_same_every_time(tmp_path: Path) -> None:
    assert write_uses(tmp_path / "one", sys.executable) == write_uses(tmp_path / "other", sys.executable)
    used = {path.name for path in (tmp_path / "one" / "uses").iterdir()}
    assert "use_starlette.py" not in used, "its `__init__` has nothing that could be called"
    assert "use_fastapi.py" in used
    for path in (tmp_path / "one" / "uses").iterdir():
        ast.parse(path.read_text())
