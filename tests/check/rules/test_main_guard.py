"""Apps that a module makes where it is run itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clearway.check.analysis import check
from clearway.check.request import Request

if TYPE_CHECKING:
    from pathlib import Path

APP = """
import time

from fastapi import FastAPI
from uvicorn import run

if __name__ == "__main__":
    app = FastAPI()

    @app.get("/slow")
    async def slow() -> None:
        time.sleep(1)

    @app.get("/fast")
    async def fast() -> None:
        pass

    run(app, host="127.0.0.1", port=8000)
"""


def test_routes_of_an_app_made_below_the_main_guard_are_roots(tmp_path: Path) -> None:
    (tmp_path / "server.py").write_text(APP, encoding="utf-8")
    roots = check(Request(paths=(tmp_path,), use_cache=False)).roots
    assert {root.routes[0]: root.verdict.value for root in roots} == {"GET /slow": "blocks", "GET /fast": "clean"}
