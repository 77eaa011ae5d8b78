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

from fastapi import FastAPI

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


@app.get("/started")
async def started() -> None:
    app.state.task = asyncio.create_task(work())
"""


def _blocking(folder: Path) -> dict[str, Finding]:
    (folder / "main.py").write_text(APP, encoding="utf-8")
    found = check(Request(paths=(folder,), use_cache=False)).findings
    return {finding.chain[0].function: finding for finding in found if finding.sink is not None}


def test_what_stands_in_a_coroutine_is_to_be_awaited_there(tmp_path: Path) -> None:
    assert _blocking(tmp_path)["main:direct"].message.endswith("in GET /direct. Write `await asyncio.sleep(...)`.")


def test_in_a_def_nothing_can_be_awaited_and_its_callers_are_told(tmp_path: Path) -> None:
    message = _blocking(tmp_path)["main:behind"].message
    assert "`wait` cannot await: hand it to a thread where it is called, or make it async. Write" in message


def test_a_finding_in_a_task_names_the_task(tmp_path: Path) -> None:
    assert " in the task work, called through wait. " in _blocking(tmp_path)["main:work"].message
