"""The programs in docs/containment.md do what it says."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

import clearway
from clearway.settings import Settings
from tests.runtime.serving import PATIENCE_S

PAGE = Path(__file__).parents[3] / "docs" / "containment.md"
PROGRAMS = re.findall(r"^\*\*(.+?)[,.*].*?```python run\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S | re.M)


def ask(app: Any, *paths: str, contain: list[str]) -> list[Any]:
    """What the app answers to all of these at once."""

    async def ask_all() -> list[Any]:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://app", timeout=PATIENCE_S) as client:
            return [answer.json() for answer in await asyncio.gather(*(client.get(path) for path in paths))]

    runtime = clearway.install(app, settings=Settings(), contain=contain)
    try:
        return asyncio.run(ask_all())
    finally:
        runtime.uninstall()


@pytest.mark.parametrize(("title", "program"), PROGRAMS, ids=[title for title, _ in PROGRAMS])
def test_the_program_runs(title: str, program: str) -> None:
    exec(compile(program, f"{PAGE.name}: {title}", "exec"), {"ask": ask, "__name__": "docs"})


def test_every_program_of_the_page_is_run() -> None:
    assert len(PROGRAMS) == PAGE.read_text(encoding="utf-8").count("```python run") >= 4
