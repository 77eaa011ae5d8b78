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

SERVICE = {
    "pyproject.toml": "",
    "app/__init__.py": "",
    "app/main.py": """
from fastapi import FastAPI
from app.routes import router

app = FastAPI()
app.include_router(router)
""",
    "app/base.py": """
import time


class Store:
    def load(self, key):
        return key

    def label(self):
        return ""


def made(key):
    return Store()


def slow():
    time.sleep(1)
""",
    "app/slow.py": """
from app.base import Store, slow


class SlowStore(Store):
    def load(self, key):
        slow()
        return key
""",
    "app/routes.py": """
from fastapi import APIRouter
from app.base import Store, made

router = APIRouter()


@router.get("/first")
async def first(stores: list[Store]):
    return sorted(stores, key=id)[0].load(1)


@router.get("/best")
async def best():
    return max([made(1), made(2)], key=id).load(2)


@router.get("/label")
async def label(stores: dict[str, Store]):
    return next(iter(sorted(stores.values(), key=id))).label()
""",
    "app/plain.py": """
def nothing():
    return 1
""",
}
"""The calls on what `sorted` and `max` give are the engine's to answer; `SlowStore` is imported by nobody."""

EDITS = {
    "a line above": ("app/slow.py", "from app.base", "import os\n\n\nfrom app.base"),
    "the override goes": ("app/slow.py", "def load(self, key)", "def other(self, key)"),
    "the override is hidden": ("app/slow.py", "        slow()\n", "        self.label = slow\n        slow()\n"),
    "another override comes": (
        "app/slow.py",
        "class SlowStore",
        "class Other(Store):\n    def label(self):\n        slow()\n\n\nclass SlowStore",
    ),
    "the base blocks": ("app/base.py", "        return key\n", "        time.sleep(2)\n        return key\n"),
    "a helper stops blocking": ("app/base.py", "    time.sleep(1)\n", "    return 1\n"),
    "another class is made": (
        "app/base.py",
        "    return Store()\n",
        "    return Other()\n\n\nclass Other:\n    def load(self, key):\n        time.sleep(3)\n",
    ),
    "the base is renamed": ("app/slow.py", "class SlowStore(Store)", "class SlowStore(object)"),
    "the base is computed": (
        "app/slow.py",
        "class SlowStore(Store)",
        "Base = type(Store())\n\n\nclass SlowStore(Base)",
    ),
    "a call moves": ("app/routes.py", '@router.get("/first")', '# moved\n@router.get("/first")'),
    "a call goes": ("app/routes.py", "sorted(stores, key=id)[0].load(1)", "1"),
    "another function asks": (
        "app/plain.py",
        "def nothing():",
        "def more(stores: list):\n    return max(stores).load()\n\n\ndef nothing():",
    ),
    "what nobody uses": ("app/plain.py", "return 1", "return 2"),
    "a file that cannot be read": ("app/plain.py", "return 1", "return ("),
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


@pytest.mark.parametrize("name", EDITS)
def test_the_result_after_an_edit_is_that_of_a_fresh_check(checks: Checks, name: str) -> None:
    checks.kept()
    checks.edit(name)
    assert checks.kept() == checks.fresh()


FILES = sorted(name for name in SERVICE if name.endswith(".py"))
LINES = st.tuples(st.sampled_from(FILES), st.integers(0, 40), st.sampled_from(["gone", "twice"]))


@pytest.mark.slow
@settings(max_examples=10, deadline=None, derandomize=True)
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
