"""What the engine said once is said again exactly as long as it would say the same."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearway.check import analysis
from clearway.check.cache.store import Store
from clearway.check.engine.pyrefly import PendingReports, Pyrefly
from clearway.check.project import Project
from clearway.check.request import Request
from clearway.check.result import Result
from tests.check.trees import write_tree

BASE = """
import time
from typing import Generic, TypeVar

T = TypeVar("T")


class Store:
    def load(self, key):
        return key

    def label(self):
        return ""


class Box(Generic[T]):
    held: T

    def get(self) -> T:
        raise KeyError


def slow():
    time.sleep(1)


def made():
    return Store
"""
SLOW = """
from app.base import Store, slow


class SlowStore(Store):
    def load(self, key):
        slow()
        return key
"""
ROUTES = """
from fastapi import APIRouter
from app.base import Box, Store

router = APIRouter()


@router.get("/first")
async def first(box: Box[Store]):
    return box.get().load(1)


@router.get("/label")
async def label(box: Box[Store]):
    return box.held.label()
"""
MAIN = """
from fastapi import FastAPI
from app.routes import router

app = FastAPI()
app.include_router(router)
"""
SERVICE = {
    "pyproject.toml": "",
    "app/__init__.py": "",
    "app/base.py": BASE,
    "app/slow.py": SLOW,
    "app/routes.py": ROUTES,
    "app/main.py": MAIN,
    "app/plain.py": "def nothing():\n    return 1\n",
}
"""What a `Box` gives only the engine knows; `SlowStore`, which overrides it, is imported by nobody."""

OTHER = "class Other(Store):\n    def label(self):\n        slow()\n\n\nclass SlowStore"
RENAMED = ("from app.base import Store, slow", "from app.base import Store as Base, slow\n\nStore = Base")
COMPUTED = ("class SlowStore(Store):", "from app.base import made\nBase = made()\n\n\nclass SlowStore(Base):")
EDITS = {
    "a line above": ("app/slow.py", "from app.base", "import os\n\n\nfrom app.base"),
    "the override goes": ("app/slow.py", "def load(self, key)", "def other(self, key)"),
    "the override is hidden": ("app/slow.py", "        slow()\n", "        slow()\n        self.load = slow\n"),
    "the override stops blocking": ("app/slow.py", "        slow()\n", "        pass\n"),
    "another override comes": ("app/slow.py", "class SlowStore", OTHER),
    "the base goes": ("app/slow.py", "class SlowStore(Store)", "class SlowStore(object)"),
    "the base has another name": ("app/slow.py", *RENAMED),
    "the base is computed": ("app/slow.py", *COMPUTED),
    "what computes the base gives another": ("app/base.py", "    return Store\n", "    return Box\n"),
    "the method blocks": ("app/base.py", "        return key\n", "        time.sleep(2)\n        return key\n"),
    "a helper stops blocking": ("app/base.py", "    time.sleep(1)\n", "    return 1\n"),
    "a box gives something else": ("app/base.py", "def get(self) -> T:", "def get(self) -> int:"),
    "a call moves": ("app/routes.py", '@router.get("/first")', '# moved\n@router.get("/first")'),
    "a call goes": ("app/routes.py", "box.get().load(1)", "1"),
    "a call comes": ("app/routes.py", "box.get().load(1)", "box.get().load(box.held.load(2))"),
    "what nobody uses": ("app/plain.py", "return 1", "return 2"),
    "a file cannot be read": ("app/plain.py", "return 1", "return ("),
}


class Checks:
    """Checks a tree with and without what was kept, and counts how often the engine is started."""

    def __init__(self, folder: Path) -> None:
        self.root = write_tree(folder / "service", SERVICE)
        self._store = Store(folder / "cache")
        self.started = 0
        self.engine = _Counted(self)

    def kept(self) -> Result:
        return self._check(kept=(self._store, "key"))

    def fresh(self) -> Result:
        return self._check(kept=None)

    def edit(self, name: str) -> None:
        file, old, new = EDITS[name]
        path = self.root / file
        path.write_text(path.read_text().replace(old, new, 1))

    def change_line(self, file: str, number: int, how: str) -> None:
        """Take out a line of a file, or write it twice."""
        path = self.root / file
        lines = path.read_text().splitlines(keepends=True)
        at = number % (len(lines) or 1)
        lines[at : at + 1] = lines[at : at + 1] * (2 if how == "twice" else 0)
        path.write_text("".join(lines))

    def _check(self, kept: tuple[Store, str] | None) -> Result:
        self.started = 0
        result = analysis.check(Request(paths=(self.root,)), engine=self.engine, kept=kept)
        return replace(result, seconds=0.0)


class _Counted(Pyrefly):
    def __init__(self, checks: Checks) -> None:
        super().__init__()
        self._checks = checks

    def start(self, project: Project, workplace: Path) -> PendingReports:
        self._checks.started += 1
        return super().start(project, workplace)


@pytest.fixture
def checks(tmp_path: Path) -> Checks:
    return Checks(tmp_path)


def test_the_engine_is_asked_once(checks: Checks) -> None:
    first = checks.kept()
    assert checks.started == 1
    assert first.findings, "a method that only the engine can find blocks"
    second = checks.kept()
    assert checks.started == 0
    assert second == first == checks.fresh()


def test_a_change_of_what_no_answer_rests_on_does_not_start_the_engine(checks: Checks) -> None:
    checks.kept()
    checks.edit("what nobody uses")
    checks.kept()
    assert checks.started == 0


def test_what_computes_a_base_counts(checks: Checks) -> None:
    """The class that a function gives is seen in its body alone, in a file that has no class to say so."""
    checks.edit("the base is computed")
    before = checks.kept()
    checks.edit("what computes the base gives another")
    after = checks.kept()
    assert after == checks.fresh() != before


@pytest.mark.parametrize("name", EDITS)
def test_the_result_after_an_edit_is_that_of_a_fresh_check(checks: Checks, name: str) -> None:
    checks.kept()
    checks.edit(name)
    assert checks.kept() == checks.fresh()


FILES = sorted(name for name in SERVICE if name.endswith(".py"))
LINES = st.tuples(st.sampled_from(FILES), st.integers(0, 40), st.sampled_from(["gone", "twice"]))


@pytest.mark.slow
@settings(max_examples=10)
@given(st.lists(st.sampled_from(sorted(EDITS)) | LINES, min_size=1, max_size=4))
def test_the_result_after_any_edits_is_that_of_a_fresh_check(edits: list[str | tuple[str, int, str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        checks = Checks(Path(folder))
        checks.kept()
        for edit in edits:
            if isinstance(edit, str):
                checks.edit(edit)
            else:
                checks.change_line(*edit)
            checks.kept()
        assert checks.kept() == checks.fresh()


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"\xff", b"[" * 100_000])
def test_damaged_answers_are_as_good_as_none(checks: Checks, tmp_path: Path, data: bytes) -> None:
    expected = checks.kept()
    (entry,) = (tmp_path / "cache").iterdir()
    entry.write_bytes(data)
    assert checks.kept() == expected
    assert checks.started == 1


def test_where_a_file_outside_is_imported_nothing_is_kept(tmp_path: Path) -> None:
    checks = Checks(tmp_path)
    request = Request(paths=(checks.root / "app" / "routes.py",))
    kept = (Store(tmp_path / "cache"), "key")
    analysis.check(request, engine=checks.engine, kept=kept)
    assert not list(tmp_path.glob("cache/calls-*"))
