"""`clearway run --contain`: what a plan knows is contained from the first request on, locks of the app included."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from clearway.cli import main
from tests.served import Served

Serve = Callable[..., Served]

APP = """\
import asyncio
import threading
import time
from fastapi import FastAPI
from time import sleep

app = FastAPI()
lock = threading.Lock()
inside = 0


@app.get("/pause/")
async def pause() -> bool:
    global inside
    await asyncio.sleep(0)
    inside += 1
    try:
        for _ in range(500):
            if inside == 2:
                break
            sleep(0.01)
        met = inside == 2
        sleep(0.05)
        return met
    finally:
        inside -= 1


@app.get("/locked/")
async def locked() -> str:
    await asyncio.sleep(0)
    with lock:
        time.sleep(0.05)
    return "unlocked"


@app.get("/thread/")
async def thread() -> bool:
    time.sleep(0.05)
    return threading.current_thread() is threading.main_thread()
"""


def _both(served: Served, path: str) -> list[object]:
    answers: list[object] = []
    threads = [threading.Thread(target=lambda: answers.append(served.get(path).json())) for _ in range(2)]
    for asking in threads:
        asking.start()
    for asking in threads:
        asking.join()
    return answers


def test_a_plan_contains_from_the_first_request_on(serve: Serve, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(APP)
    plan = tmp_path / "clearway-plan.json"
    assert main(["check", str(tmp_path / "app.py"), "--write-plan", str(plan)]) == 1
    served = serve(APP, "--contain")
    served.line(
        r"^plan +clearway-plan\.json is fresh: 0 calls on the loop without a thread hop, 3 calls known to block"
    )
    served.line(r"GET /pause/ +loop +async def, contained: reaches time\.sleep")
    served.line(r"GET /thread/ +thread +async def that never awaits, contained: reaches time\.sleep")
    assert _both(served, "/pause/") == [True, True]
    assert _both(served, "/locked/") == ["unlocked", "unlocked"]
    assert served.get("/thread/").json() is False


def test_without_the_option_nothing_is_contained(serve: Serve, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(APP)
    assert main(["check", str(tmp_path / "app.py"), "--write-plan", str(tmp_path / "clearway-plan.json")]) == 1
    served = serve(APP)
    served.line(r"GET /thread/ +loop +async def$")
    assert served.get("/thread/").json() is True
