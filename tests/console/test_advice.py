"""What to change: the exact edit for a line that keeps the loop, and what is answered where there is none."""

from __future__ import annotations

import subprocess
import textwrap
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from clearway.console import advice as advice_module
from clearway.console.advice import Adviser
from clearway.console.app import ADVICE_PATH
from clearway.console.edits import Advice, Question, Step, advise
from clearway.console.hub import Hub
from clearway.console.state import State
from clearway.frames import Frame, Header, Pool, Waiting
from tests.console.conftest import Start, get
from tests.console.told import ORIGIN, Told, Worker, stall


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "app.py"


def written(file: Path, text: str) -> str:
    file.write_text(textwrap.dedent(text).lstrip("\n"))
    return str(file)


def line_of(file: Path, part: str) -> int:
    return next(number for number, line in enumerate(file.read_text().splitlines(), 1) if part in line)


def asked(file: Path, operation: str | None, *places: tuple[str, str], call: str = "bad", cause: str = "") -> Advice:
    """Advice about a stack: (part of the line, function), innermost first."""
    steps = [Step(str(file), line_of(file, part), function) for part, function in places]
    found = advise(Question(cause or "blocking_call", operation, steps, f"app:{call}"))
    assert found is not None
    return found


def done(file: Path, advice: Advice) -> str:
    """The file as it would be."""
    lines = file.read_text().splitlines()
    for edit in reversed(advice.edits):
        first = edit.line - 1
        assert lines[first : first + len(edit.before)] == edit.before
        lines[first : first + len(edit.before)] = edit.after
    text = "\n".join(lines)
    compile(text, "app.py", "exec")
    return text


def test_a_sleep_is_awaited(file: Path) -> None:
    written(
        file,
        """
        import time

        async def bad():
            time.sleep(0.1)
            return 1
        """,
    )
    found = asked(file, "time.sleep", ("time.sleep(0.1)", "bad"))
    assert "await asyncio.sleep(0.1)" in done(file, found)
    assert "import asyncio" in done(file, found)
    assert "asyncio.sleep" in found.why
    assert any(edit.line == 4 and edit.before == ["    time.sleep(0.1)"] for edit in found.edits)


def test_what_awaits_nothing_becomes_a_def(file: Path) -> None:
    written(
        file,
        """
        import requests

        @app.get("/")
        async def bad():
            return requests.get("http://x").json()
        """,
    )
    found = asked(file, "socket.socket.recv_into", ("requests.get", "bad"))
    (edit,) = found.edits
    assert (edit.line, edit.before, edit.after) == (4, ["async def bad():"], ["def bad():"])
    assert "`requests.get` blocks (network)" in found.why
    assert "httpx" in found.why


def test_what_awaits_something_hands_the_call_to_a_thread(file: Path) -> None:
    written(
        file,
        """
        import asyncio
        import requests

        async def bad(q: str):
            await other()
            answer = requests.get("http://ü", params={"q": q})
            return answer.json()
        """,
    )
    found = asked(file, "socket.socket.recv_into", ("requests.get", "bad"))
    assert 'answer = await asyncio.to_thread(requests.get, "http://ü", params={"q": q})' in done(file, found)


def test_through_a_helper_it_is_the_call_in_the_async_function(file: Path) -> None:
    written(
        file,
        """
        import asyncio
        import time

        def load(key):
            time.sleep(1)

        async def bad():
            await other()
            return load("a")
        """,
    )
    found = asked(file, "time.sleep", ("time.sleep(1)", "load"), ('load("a")', "bad"))
    assert 'return await asyncio.to_thread(load, "a")' in done(file, found)


def test_a_helper_that_the_framework_does_not_call_stays_async(file: Path) -> None:
    """Whoever awaits it would have to change, too."""
    written(
        file,
        """
        import asyncio
        import requests

        async def fetch():
            return requests.get("http://x")

        async def bad():
            return await fetch()
        """,
    )
    found = asked(file, "socket.socket.recv", ("requests.get", "fetch"), ("await fetch", "bad"))
    assert "async def fetch" in done(file, found)
    assert 'await asyncio.to_thread(requests.get, "http://x")' in done(file, found)


def test_what_computes_goes_to_a_process(file: Path) -> None:
    written(
        file,
        """
        from app import app

        def render(page, scale=1):
            return sum(range(page))

        @app.get("/")
        async def bad(page: int):
            await other()
            return render(page, scale=2)
        """,
    )
    places = [("return sum", "render"), ("return render", "bad")]
    found = asked(file, None, *places, cause="cpu")
    assert 'return await clearway.offload(render, page, scale=2, lane="process")' in done(file, found)
    assert "import clearway" in done(file, found)


def test_an_endpoint_that_only_computes_becomes_a_def_in_a_process(file: Path) -> None:
    written(
        file,
        """
        from app import app

        @app.get("/")
        async def bad(page: int):
            return sum(range(page))
        """,
    )
    found = asked(file, "sum", ("return sum", "bad"), cause="cpu")
    assert '@app.get("/")\n@clearway.process\ndef bad(page: int):' in done(file, found)


def test_what_cannot_be_told_is_not_made_up(file: Path) -> None:
    written(file, "async def bad(:\n")
    step = Step(str(file), 1, "bad")
    with pytest.raises(SyntaxError):
        advise(Question("blocking_call", "time.sleep", [step], "app:bad"))
    written(file, "def on_loop_by_a_pin():\n    wait()\n")
    assert advise(Question("blocking_call", "wait", [Step(str(file), 2, "on_loop_by_a_pin")], "app:x")) is None
    assert advise(Question("machine", None, [step], None)) is None


SLEEPS = "import asyncio\nimport time\n\n\nasync def bad():\n    time.sleep(0.1)\n"


def test_the_advice_for_a_stall_is_answered_and_remembered(
    start: Start, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(file, SLEEPS)
    hub = Hub(Told())
    worker = Worker(hub, 4711)
    worker.tell(routes=["GET /bad"], stalls=[stall(6, path, 1.25)])
    console = start(hub=hub)
    ask = f"{ADVICE_PATH}?{urlencode({'worker': 4711, 'started_s': 1.25})}"
    answer = get(console, ask).json()
    assert set(answer) == {"change", "why", "edits"}
    assert answer["edits"] == [
        {"file": path, "line": 2, "before": ["import time"], "after": []},
        {"file": path, "line": 6, "before": ["    time.sleep(0.1)"], "after": ["    await asyncio.sleep(0.1)"]},
    ]

    def again(*args: Any, **options: Any) -> None:
        raise AssertionError("it was known")

    monkeypatch.setattr(subprocess, "run", again)
    assert get(console, ask).json() == answer
    assert get(console, f"{ADVICE_PATH}?route=GET+/bad").json() == answer, "it is the route's, too"


def test_who_asks_for_what_is_not_there_is_told_so(start: Start) -> None:
    hub = Hub(Told())
    Worker(hub, 4711).tell(routes=["GET /fine"])
    console = start(hub=hub)
    assert get(console, f"{ADVICE_PATH}?worker=4711&started_s=9").status_code == 404
    assert get(console, f"{ADVICE_PATH}?worker=4711&started_s=nan").status_code == 404
    assert get(console, f"{ADVICE_PATH}?route=GET+/other").status_code == 404
    assert get(console, f"{ADVICE_PATH}?route=GET+/fine").json() == {"change": "", "why": "", "edits": []}
    for query in ("", "?worker=x&started_s=1", "?worker=1", "?worker=1&started_s=soon"):
        assert get(console, ADVICE_PATH + query).status_code == 400


def told_state(**fields: Any) -> State:
    state = State()
    state.take(Header(1, ORIGIN, "app", {}, 20.0))
    state.take(Frame(1, 1_000_000, routes=["GET /bad"], **fields))
    return state


@pytest.mark.anyio
async def test_code_that_cannot_be_read_gives_no_advice(file: Path) -> None:
    empty = {"change": "", "why": "", "edits": []}
    adviser = Adviser()
    gone = str(file.parent / "gone.py")
    for path in (gone, written(file, "async def bad(:\n"), "/etc/passwd", "<string>"):
        state = told_state(stalls=[stall(1, path, 0.5)])
        assert await adviser.of_stall(state, 1, 0.5) == empty


@pytest.mark.anyio
async def test_an_answer_that_takes_too_long_is_given_up(
    file: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(advice_module, "LONGEST_S", 0.001)
    state = told_state(stalls=[stall(6, written(file, SLEEPS), 0.5)])
    assert (await Adviser().of_stall(state, 1, 0.5))["edits"] == []
    assert [record.message for record in caplog.records] == [
        "the console has no advice: reading the code failed (TimeoutExpired)"
    ]


@pytest.mark.anyio
async def test_a_route_that_computes_in_threads_is_sent_to_a_process(file: Path) -> None:
    path = written(file, '@app.get("/bad")\ndef bad():\n    return sum(range(9))\n')
    row = {"route": "GET /bad", "lane": "thread", "file": path, "line": 2, "call": "app:bad"}
    waiting = Waiting(4, 900_000, path, 3, "bad", 1, 0, "sum", (), 4)
    state = told_state(table={"routes": [row]}, waiting=[waiting], pool=Pool(40, 4, 4, 9, 1.5, 1.5))
    (edit,) = (await Adviser().of_route(state, "GET /bad"))["edits"][1:]
    assert edit["after"] == ["@clearway.process"]
