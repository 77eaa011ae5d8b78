"""What `clearway run` serves and prints."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.served import Served, until

Serve = Callable[..., Served]

APP = """
import os
from fastapi import FastAPI
app = FastAPI()
@app.get("/pid")
def pid(): return os.getpid()
@app.get("/loop")
async def loop():
    import asyncio
    return type(asyncio.get_running_loop()).__module__
"""


def test_prints_addresses_and_plan(serve: Serve) -> None:
    served = serve(APP)
    served.line("GET /loop")
    assert served.out[0] == f"serving  app.py on {served.url}"
    assert served.out[1] == f"console  {served.console}"
    assert served.out[2].split() == ["route", "lane", "why"]
    lanes = {cells[1]: cells[2] for line in served.out[3:] if len(cells := line.split()) > 2}
    assert (lanes["/pid"], lanes["/loop"]) == ("thread", "loop")


def test_console_answers_beside_the_app(serve: Serve) -> None:
    served = serve(APP, "--threads", "7")
    assert "routes" in served.snapshot()
    served.get("/pid")
    served.stop()
    assert [line for line in served.out if "HTTP/1.1" in line] == [
        line for line in served.out if '"GET /pid HTTP/1.1" 200' in line
    ]


def test_console_can_be_left_out(serve: Serve) -> None:
    served = serve(APP, "--no-console")
    served.get("/pid")
    served.stop()
    assert not any(line.startswith("console") for line in served.out)


@pytest.mark.parametrize(("loop", "module"), [("asyncio", "asyncio"), ("uvloop", "uvloop"), ("auto", "uvloop")])
def test_loop_is_the_one_asked_for(serve: Serve, loop: str, module: str) -> None:
    assert module in serve(APP, "--loop", loop).get("/loop").json()


def test_access_log_can_be_left_out(serve: Serve) -> None:
    served = serve(APP, "--no-access-log")
    served.get("/pid")
    served.stop()
    assert not any("HTTP/1.1" in line for line in served.out)


def test_factory_makes_the_app(serve: Serve) -> None:
    source = APP.replace("app = FastAPI()", "app = FastAPI()\ndef create_app(): return app")
    assert serve(source, "--factory").get("/pid").status_code == 200


def test_starlette_app_inside_middleware_gets_lanes(serve: Serve) -> None:
    wrapped = APP + "from starlette.middleware.gzip import GZipMiddleware\nwhole = GZipMiddleware(app)\n"
    served = serve(wrapped.replace("FastAPI()", "FastAPI(title='inner')"), "--no-access-log")
    served.line("GET /pid")


def test_other_asgi_app_is_served_with_a_note(serve: Serve) -> None:
    source = """
async def app(scope, receive, send):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"plain"})
"""
    served = serve(source)
    served.line("note: function is no FastAPI or Starlette app: served without lanes")
    assert served.get("/").text == "plain"


def test_package_with_relative_imports(serve: Serve, tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/__init__.py").write_text("")
    (tmp_path / "shop/names.py").write_text("TITLE = 'shop'")
    (tmp_path / "shop/main.py").write_text("from .names import TITLE\n" + APP)
    assert serve(None, "shop/main.py").get("/pid").status_code == 200


def test_startup_objects_are_out_of_the_collectors_sight(serve: Serve) -> None:
    source = APP + "@app.get('/frozen')\ndef frozen():\n    import gc\n    return gc.get_freeze_count()\n"
    assert serve(source).get("/frozen").json() > 10_000


def test_what_clearway_collects_itself_is_no_stall(serve: Serve) -> None:
    served = serve(APP + "\nheap = [[] for _ in range(2_000_000)]\n")
    served.line("GET /loop")
    served.get("/loop")
    stalls = served.snapshot()["stalls"]["culprits"]
    assert not [stall for stall in stalls if stall["last"]["cause"] == "garbage_collection"]


def test_workers_serve_side_by_side_with_one_console(serve: Serve) -> None:
    served = serve(APP, "--workers", "2", "--console", "127.0.0.1:0")
    workers = served.workers(2)
    # A process accepts what the system hands it, so which one answers is the system's choice.
    assert served.get("/pid").json() in workers
    assert sum(line.startswith(("serving", "console")) for line in served.out) == 2
    assert served.stop() == 0
    assert served.out[-1] == "stopped: 0 requests cut off"
    assert served.err == []


def test_worker_that_dies_is_replaced(serve: Serve) -> None:
    served = serve(APP, "--workers", "2")
    served.workers(2)
    victim = served.get("/pid").json()
    os.kill(victim, signal.SIGKILL)
    heir = int(served.line(rf"worker {victim} died \(exit code -9\); (\d+) took its place")[1])
    until(lambda: heir in served.workers(2), "the new worker in the console")
    assert served.stop() == 0


def test_second_ctrl_c_reaches_the_workers(serve: Serve) -> None:
    source = APP + "@app.get('/wait')\nasync def wait():\n    import asyncio\n    await asyncio.sleep(3600)\n"
    served = serve(source, "--workers", "2", "--grace", "3600")
    served.workers(2)
    served.start_get("/wait")
    served.start_get("/wait")
    until(lambda: served.get("/pid").status_code == 200, "an answer")
    served.signal(signal.SIGINT)
    served.line("^stopping")
    served.signal(signal.SIGINT)
    assert served.wait() == 0
    assert served.out[-1].startswith("stopped: ")


def test_reload_serves_the_changed_source(serve: Serve, tmp_path: Path) -> None:
    source = "from fastapi import FastAPI\napp = FastAPI()\n@app.get('/')\ndef root(): return 'before'\n"
    served = serve(source, "--reload")
    assert served.get("/").json() == "before"
    until(lambda: _watches(served), "the watcher")
    (tmp_path / "app.py").write_text(source.replace("before", "after"))
    served.line("serving", count=2)
    assert served.get("/").json() == "after"
    assert served.stop() == 0


def _watches(served: Served) -> bool:
    """Whether the process has begun to watch files (inotify is how, on Linux)."""
    folder = f"/proc/{served.process.pid}/fd"
    return any("inotify" in os.readlink(f"{folder}/{name}") for name in os.listdir(folder))


def test_reload_survives_an_app_that_is_broken_for_a_while(serve: Serve, tmp_path: Path) -> None:
    served = serve("1 / 0", "--reload")
    until(lambda: "clearway: app.py raised on import" in "".join(served.err), "the complaint")
    until(lambda: _watches(served), "the watcher")
    (tmp_path / "app.py").write_text(APP)
    served.line("serving")
    assert served.get("/pid").status_code == 200


def test_python_m_clearway_is_the_command() -> None:
    ran = subprocess.run([sys.executable, "-m", "clearway", "--version"], capture_output=True, text=True, check=True)
    assert ran.stdout.startswith("clearway ")


def test_help_names_every_option() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "clearway", "run", "--help"], capture_output=True, text=True, check=True
    )
    for option in (
        "--host",
        "--threads",
        "--max-wait",
        "--workers",
        "--reload",
        "--grace",
        "--plan",
        "--console",
    ):
        assert option in ran.stdout


def test_stall_is_printed_with_its_line_and_counted_at_the_end(serve: Serve) -> None:
    source = APP + "@app.get('/bad')\nasync def bad():\n    import time\n    time.sleep(0.3)\n"
    line = source.splitlines().index("    time.sleep(0.3)") + 1
    served = serve(source)
    served.get("/pid")
    for _ in range(3):
        served.get("/bad")
    served.line(rf"^stall \d+ ms  GET /bad  blocking call time\.sleep  app\.py:{line} in bad")
    until(lambda: _stalls(served) == 3, "three stalls in the snapshot")
    assert served.stop() == 0
    assert sum("app.py" in text and text.startswith("stall ") for text in served.out) == 1
    summary = next(text for text in served.out if f"app.py:{line} in bad" in text and "×" in text)
    assert summary.split()[0] == "3"


def _stalls(served: Served) -> int:
    stalls = served.snapshot()["stalls"]
    return sum(1 for stall in stalls["latest"] if stall["route"] == "GET /bad")


def test_stall_in_the_very_first_request_is_printed(serve: Serve) -> None:
    served = serve(APP + "@app.get('/bad')\nasync def bad():\n    import time\n    time.sleep(0.3)\n")
    served.get("/bad")
    served.get("/pid")
    served.stop()
    assert any(text.startswith("stall ") and "in bad" in text for text in served.out)
