"""The plan beside the app: followed while it is fresh, left aside and said so when it is not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from clearway.model import Lane, Plan, PlannedCall, file_digest
from tests.served import Served

Serve = Callable[..., Served]

APP = """\
import threading
from fastapi import FastAPI
app = FastAPI()

@app.get("/thread")
def thread():
    return threading.current_thread() is threading.main_thread()
"""


def write_plan(folder: Path, *calls: str, name: str = "clearway-plan.json", app: str = APP) -> None:
    (folder / "app.py").write_text(app)
    planned = {call: PlannedCall(call, Lane.LOOP, "never blocks: read") for call in calls}
    Plan(planned, {"app.py": file_digest(folder / "app.py")}).dump(folder / name)


def test_a_fresh_plan_in_the_working_folder_is_followed(serve: Serve, tmp_path: Path) -> None:
    write_plan(tmp_path, "app:thread")
    served = serve(APP)
    assert served.get("/thread").json() is True
    served.line(r"^plan +clearway-plan\.json is fresh: 1 call on the loop without a thread hop$")
    served.line(r"GET /thread +loop +never blocks: read")


def test_a_stale_plan_is_ignored_and_said_so(serve: Serve, tmp_path: Path) -> None:
    write_plan(tmp_path, "app:thread")
    served = serve(APP + "\n# changed\n")
    assert served.get("/thread").json() is False
    served.line(
        r"^plan +clearway-plan\.json is stale and ignored: 'app\.py' has changed since it was made; "
        r"write it anew: clearway check --write-plan clearway-plan\.json$"
    )


def test_a_plan_beside_the_settings_is_found(serve: Serve, tmp_path: Path) -> None:
    write_plan(tmp_path, "app:thread")
    (tmp_path / "clearway.toml").write_text("threads = 4\n")
    below = tmp_path / "below"
    below.mkdir()
    arguments = [str(tmp_path / "app.py"), "--port", "0", "--no-console"]
    served = Served(arguments, below)
    try:
        served.line(r"^plan +\S*clearway-plan\.json is fresh: 1 call")
        assert served.get("/thread").json() is True
    finally:
        served.kill()


def test_calls_of_modules_that_the_app_does_not_use_do_no_harm(serve: Serve, tmp_path: Path) -> None:
    write_plan(tmp_path, "app:thread", "other_service.main:read")
    assert serve(APP).get("/thread").json() is True


def test_a_found_plan_that_does_not_fit_the_app_is_ignored(serve: Serve, tmp_path: Path) -> None:
    write_plan(tmp_path, "app:thread", "app:thraed")
    served = serve(APP)
    assert served.get("/thread").json() is False
    served.line(r"^plan +clearway-plan\.json is stale and ignored: plan for 'app:thraed': the code has no such call")


@pytest.mark.parametrize("several", [(), ("--workers", "2")])
def test_a_stale_plan_that_was_named_is_refused(serve: Serve, tmp_path: Path, several: tuple[str, ...]) -> None:
    write_plan(tmp_path, "app:thread", name="mine.json")
    served = serve(APP + "\n# changed\n", "--plan", "mine.json", *several)
    assert served.wait() == 2
    assert served.err == ["clearway: plan mine.json: 'app.py' has changed since it was made; write it again"]
