"""What a finding advises fits the place that it names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clearway.check.analysis import check
from clearway.check.request import Request

if TYPE_CHECKING:
    from pathlib import Path

    from clearway.model import Finding

APP = """
import asyncio
import time

from fastapi import Depends, FastAPI

app = FastAPI()


def wait() -> None:
    time.sleep(1)


async def work() -> None:
    wait()


@app.get("/direct")
async def direct() -> None:
    time.sleep(1)


@app.get("/behind")
async def behind() -> None:
    wait()


@app.get("/between")
async def between() -> None:
    await asyncio.sleep(1)
    time.sleep(1)


async def current() -> None:
    wait()
    await asyncio.sleep(1)


@app.get("/given", dependencies=[Depends(current)])
async def given() -> None:
    pass


@app.get("/started")
async def started() -> None:
    app.state.task = asyncio.create_task(work())
"""


def _blocking(folder: Path) -> dict[str, Finding]:
    (folder / "main.py").write_text(APP, encoding="utf-8")
    found = check(Request(paths=(folder,), use_cache=False)).findings
    return {finding.chain[0].function: finding for finding in found if finding.sink is not None}


def test_what_stands_in_a_coroutine_is_to_be_awaited_there(tmp_path: Path) -> None:
    assert _blocking(tmp_path)["main:between"].message.endswith("in GET /between. Write `await asyncio.sleep(...)`.")


def test_in_a_def_nothing_can_be_awaited_and_its_callers_are_told(tmp_path: Path) -> None:
    message = _blocking(tmp_path)["main:work"].message
    assert "`wait` cannot await: hand it to a thread where it is called, or make it async. Write" in message


def test_a_root_is_to_become_def_where_its_edit_does_that(tmp_path: Path) -> None:
    found = _blocking(tmp_path)
    for name in ("direct", "behind"):
        fix = found[f"main:{name}"].fix
        assert fix is not None
        assert fix.kind == "to_def"
        assert found[f"main:{name}"].message.endswith(f", or make `{name}` a `def`, which runs in a thread.")
    assert not [name for name, one in found.items() if (one.fix and one.fix.kind) != "to_def" and "def" in one.message]


def test_a_finding_in_a_dependency_names_it(tmp_path: Path) -> None:
    assert " in the dependency `current`, called through wait; " in _blocking(tmp_path)["main:current"].message


def test_a_finding_in_a_task_names_the_task(tmp_path: Path) -> None:
    assert " in the task `work`, called through wait. " in _blocking(tmp_path)["main:work"].message
