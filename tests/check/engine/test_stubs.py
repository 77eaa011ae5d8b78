"""The stubs that pyrefly writes out go to memory where there is room, and are gone when the run is."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from clearway.check.engine.pyrefly import Pyrefly
from clearway.check.engine.stubs import StubsInMemory
from tests.check.engine.conftest import project_of


@pytest.fixture
def memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "memory"
    folder.mkdir()
    monkeypatch.setattr("clearway.check.engine.stubs.IN_MEMORY", folder)
    return folder


def free(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    def usage(_: Path) -> SimpleNamespace:
        return SimpleNamespace(free=size)

    monkeypatch.setattr("shutil.disk_usage", usage)


def test_stubs_are_written_to_memory_and_removed(tmp_path: Path, memory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    free(monkeypatch, 1_000_000_000)
    stubs = StubsInMemory()
    stubs.place(tmp_path / "one")
    stubs.place(tmp_path / "two")
    (tmp_path / "one/typeshed/os.pyi").write_text("")
    assert (tmp_path / "two/typeshed/os.pyi").exists()
    assert [path.name for path in memory.glob("*/typeshed/*")] == ["os.pyi"]
    stubs.remove()
    stubs.remove()
    assert list(memory.iterdir()) == []


def test_stubs_stay_with_the_report_where_memory_is_short(
    tmp_path: Path, memory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    free(monkeypatch, 60_000_000)
    StubsInMemory().place(tmp_path / "report")
    assert list((tmp_path / "report").iterdir()) == []
    assert list(memory.iterdir()) == []


def test_stubs_stay_with_the_report_where_there_is_no_such_place(tmp_path: Path, memory: Path) -> None:
    memory.rmdir()
    StubsInMemory().place(tmp_path / "report")
    assert list((tmp_path / "report").iterdir()) == []


def test_a_run_leaves_nothing_in_memory(tmp_path: Path, memory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    free(monkeypatch, 1_000_000_000)
    pending = Pyrefly().start(project_of(tmp_path / "project", {"main.py": ""}), tmp_path)
    assert len(list(memory.iterdir())) == 1
    assert pending.wait().unanswered == ()
    pending.cancel()
    assert list(memory.iterdir()) == []
