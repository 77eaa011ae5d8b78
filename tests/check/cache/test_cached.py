"""A check is answered from the cache exactly as long as its answer would be the same."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from clearway.check import analysis, cached
from clearway.check.cache import results, stamps
from clearway.check.request import Request
from clearway.check.result import Result
from clearway.model import SinkKind
from clearway.settings import Settings, SinkSetting

APP = """
import time
from fastapi import FastAPI
from helpers import load

app = FastAPI()

@app.get("/")
async def read() -> None:
    load()
"""
HELPERS = "import time\n\ndef load() -> None:\n    time.sleep(1)\n"
LONG_AGO = 1_600_000_000


class Checker:
    """Checks a small service, and counts how often it is analysed."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.analysed = 0
        self.request = Request(paths=(root,))

    def __call__(self, **changes: object) -> Result:
        return cached.check(replace(self.request, **changes))  # type: ignore[arg-type]

    def answers_from_the_cache(self, **changes: object) -> bool:
        before = self.analysed
        self(**changes)
        return self.analysed == before


@pytest.fixture
def check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Checker:
    monkeypatch.setenv("CLEARWAY_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    monkeypatch.setattr(results, "own_digest", lambda: "own")
    root = tmp_path / "service"
    root.mkdir()
    (root / "pyproject.toml").write_text("")
    (root / "app.py").write_text(APP)
    (root / "helpers.py").write_text(HELPERS)
    site = root / ".venv" / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"
    site.mkdir(parents=True)
    (root / ".venv" / "pyvenv.cfg").write_text("")
    checker = Checker(root)
    original = analysis.check

    def counted(*args: object, **options: object) -> Result:
        checker.analysed += 1
        return original(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(analysis, "check", counted)
    return checker


def test_the_cached_answer_is_the_same(check: Checker) -> None:
    first, second = check(), check()
    assert check.analysed == 1
    assert first.findings, "the service blocks"
    assert replace(second, seconds=0) == replace(first, seconds=0)
    assert isinstance(second.root, Path)


def _changed(check: Checker) -> None:
    (check.root / "helpers.py").write_text(HELPERS.replace("sleep(1)", "sleep(2)"))


def _same_size_and_old_times(check: Checker) -> None:
    path = check.root / "helpers.py"
    status = path.stat()
    path.write_text(HELPERS.replace("time.sleep(1)", "time.ctime( )"))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def _removed(check: Checker) -> None:
    (check.root / "helpers.py").unlink()


def _added(check: Checker) -> None:
    (check.root / "other.py").write_text("")


def _moved_into_a_package(check: Checker) -> None:
    (check.root / "helpers").mkdir()
    shutil.move(check.root / "helpers.py", check.root / "helpers" / "__init__.py")


def _installed(check: Checker) -> None:
    (site,) = (check.root / ".venv" / "lib").glob("*/site-packages")
    (site / "library").mkdir()


def _another_environment(check: Checker) -> None:
    (check.root / ".venv" / "pyvenv.cfg").write_text("home = /usr/bin\n")


def _path_file(check: Checker) -> None:
    (site,) = (check.root / ".venv" / "lib").glob("*/site-packages")
    (site / "more.pth").write_text(str(check.root))


def _project_below(check: Checker) -> None:
    (check.root / "part").mkdir()
    (check.root / "part" / "pyproject.toml").write_text("")


@pytest.mark.parametrize(
    "change",
    [
        _changed,
        _same_size_and_old_times,
        _removed,
        _added,
        _moved_into_a_package,
        _installed,
        _another_environment,
        _path_file,
        _project_below,
    ],
)
def test_what_changes_the_answer_is_noticed(check: Checker, change: Callable[[Checker], None]) -> None:
    check()
    change(check)
    assert not check.answers_from_the_cache()


def test_a_changed_file_changes_the_findings(check: Checker) -> None:
    assert check().findings
    (check.root / "helpers.py").write_text("def load() -> None: ...\n")
    assert not check().findings


@pytest.mark.parametrize(
    "change",
    [
        {"all_roots": True},
        {"python": sys.executable},
        {"settings": Settings(sinks={"helpers.load": SinkSetting(SinkKind.NETWORK)})},
        {"settings": Settings(exclude=("helpers.py",))},
    ],
)
def test_another_request_has_an_answer_of_its_own(check: Checker, change: dict[str, object]) -> None:
    check()
    assert not check.answers_from_the_cache(**change)
    assert check.answers_from_the_cache(**change)
    assert check.answers_from_the_cache()


def test_another_clearway_has_answers_of_its_own(check: Checker, monkeypatch: pytest.MonkeyPatch) -> None:
    check()
    monkeypatch.setattr(results, "own_digest", lambda: "other")
    assert not check.answers_from_the_cache()


def test_what_is_only_touched_is_still_the_same(check: Checker) -> None:
    check()
    os.utime(check.root / "app.py", (LONG_AGO, LONG_AGO))
    (check.root / "__pycache__").mkdir()
    (check.root / "notes.txt").write_text("")
    assert check.answers_from_the_cache()


def test_without_the_cache_nothing_is_read_or_written(check: Checker, tmp_path: Path) -> None:
    check(use_cache=False)
    assert not (tmp_path / "cache").exists()
    check()
    assert not check.answers_from_the_cache(use_cache=False)


@pytest.mark.parametrize("data", [b"", b"{", b"null", b'{"stamps": [], "result": {}}', b"\xff\xfe", b"[" * 100_000])
def test_a_damaged_entry_is_as_good_as_none(check: Checker, tmp_path: Path, data: bytes) -> None:
    expected = check()
    (entry,) = (tmp_path / "cache").glob("result-*")
    entry.write_bytes(data)
    assert check().findings == expected.findings
    assert check.analysed == 2


def test_half_an_entry_is_as_good_as_none(check: Checker, tmp_path: Path) -> None:
    check()
    (entry,) = (tmp_path / "cache").glob("result-*")
    entry.write_bytes(entry.read_bytes()[:-40])
    assert not check.answers_from_the_cache()


def test_a_cache_that_cannot_be_written_is_a_warning(
    check: Checker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("CLEARWAY_CACHE_DIR", str(tmp_path / "file" / "cache"))
    result = check()
    assert result.findings
    (warning,) = [line for line in result.warnings if "CLEARWAY_CACHE_DIR" in line]
    assert "\n" not in warning


class Editor:
    """Changes the service while it is checked."""

    def __init__(self, edit: Callable[[], object]) -> None:
        self.edit = edit

    def step(self, what: str, done: int, total: int) -> None:
        self.edit()


def test_a_file_that_changed_meanwhile_is_read_again(check: Checker) -> None:
    def edit() -> None:
        (check.root / "helpers.py").write_text("def load() -> None: ...\n")

    check(progress=Editor(edit))
    (check.root / "helpers.py").write_text(HELPERS)
    assert check().findings


def test_no_answer_is_kept_where_files_come_meanwhile(check: Checker) -> None:
    def edit() -> None:
        (check.root / "other.py").write_text("")
        os.utime(check.root, (2 * LONG_AGO, 2 * LONG_AGO))  # later than any reading

    check(progress=Editor(edit))
    assert not check.answers_from_the_cache()


def test_what_was_written_just_before_is_looked_at_again(tmp_path: Path) -> None:
    """Two versions of the same size may bear the same times."""
    path = tmp_path / "a.py"
    path.write_text("one")
    status = path.stat()
    touched_ns = max(status.st_mtime_ns, status.st_ctime_ns)
    found = stamps.stamps_of({str(path): ""}, [], touched_ns + 1)
    assert found is not None
    (stamp,) = found.stamps
    other = stamps.Stamps(found.read_ns, (stamps.Stamp(stamp.path, stamp.size, touched_ns, "0" * 64, False),))
    assert other.verified(touched_ns + 2) is None
    assert found.verified(touched_ns + 2) is not found, "the new times are worth keeping"
    much_later = stamps.Stamps(touched_ns + 2 * stamps.RECENT_NS, other.stamps)
    assert much_later.verified(0) is much_later, "old times are believed without reading the file"
