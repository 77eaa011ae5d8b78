"""What would decide the endpoints of which nothing certain is known."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from clearway.check.analysis import check
from clearway.check.report.contract import as_json
from clearway.check.report.selection import select
from clearway.check.report.text import console_on, render
from clearway.check.request import Request
from clearway.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from clearway.check.report.selection import Selection

APP = """
from fastapi import FastAPI

import far_away

app = FastAPI()


def listed(handlers):
    for handler in handlers:
        handler.fetch()


@app.get("/a")
async def a():
    return far_away.fetch()


@app.get("/b")
async def b():
    return far_away.fetch()


@app.get("/c")
def c():
    far_away.load()
    return listed(app.state.handlers)


@app.get("/d")
def d():
    return listed(app.state.handlers)
"""


def _checked(folder: Path, settings: Settings | None = None) -> Selection:
    (folder / "main.py").write_text(APP, encoding="utf-8")
    request = Request(paths=(folder,), use_cache=False, settings=settings or Settings())
    return select(check(request), ())


def _summary(selection: Selection) -> list[str]:
    stream = io.StringIO()
    render(selection, console_on(stream), "clearway check")
    lines = stream.getvalue().splitlines()
    start = next((number for number, line in enumerate(lines) if line.startswith("unknown")), len(lines))
    return [line for line in lines[start:] if line.startswith(("unknown", " " * 12))]


def test_what_decides_most_endpoints_is_named_first_with_what_to_do(tmp_path: Path) -> None:
    assert _summary(_checked(tmp_path)) == [
        "unknown     4 endpoints (2 run in a thread); what would decide most of them:",
        "            3 endpoints: install far_away where --python looks: far_away.fetch at main.py:16 and 2 more",
        "            2 endpoints: say whether main.listed blocks, under `safe` or `sinks` in [tool.clearway]: "
        "it calls handler.fetch at main.py:11",
    ]


def test_the_contract_tells_the_same(tmp_path: Path) -> None:
    unknown = as_json(_checked(tmp_path))["summary"]["unknown"]
    assert (unknown["endpoints"], unknown["on_loop"], unknown["decided"]) == (4, 2, 4)
    assert [(cause["package"], cause["missing"], cause["endpoints"]) for cause in unknown["causes"]] == [
        ("far_away", True, 3),
        (None, False, 2),
    ]


def test_naming_the_function_decides_them(tmp_path: Path) -> None:
    settings = Settings(safe=("main.listed", "far_away.fetch", "far_away.load"))
    assert _summary(_checked(tmp_path, settings)) == []
