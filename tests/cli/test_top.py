"""`clearway top`: printed, and in a terminal."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator
from pathlib import Path

import pytest

from clearway.cli import main
from clearway.console.hub import Hub
from clearway.console.server import ConsoleServer
from tests.console.terminal.streams import DOCTOR, small
from tests.console.told import Told
from tests.served import PATIENCE_S, Served, until

APP = """
import time
from fastapi import FastAPI

app = FastAPI()

@app.get("/good")
async def good(): ...

@app.get("/bad")
async def bad():
    time.sleep(0.5)  # line 12
"""


@pytest.fixture
def recording(tmp_path: Path) -> str:
    return str(small().write(tmp_path / "rec.ndjson"))


@pytest.fixture
def console() -> Iterator[ConsoleServer]:
    """With the token `secret`, of an app that has done a little."""
    console = ConsoleServer(small().hub, "127.0.0.1", 0, "secret")
    console.start()
    yield console
    console.stop()


def error_of(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["top", *arguments]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    return printed.err


@pytest.mark.once
def test_a_running_app_is_asked_for_its_routes_and_stalls(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(APP)
    served = Served(["main:app", "--port", "0", "--console", "127.0.0.1:0"], tmp_path)
    try:
        served.get("/good")
        served.get("/bad")
        until(lambda: "main.py" in str(served.snapshot()["stalls"]), "the stall")

        def top(*options: str) -> str:
            done = subprocess.run(
                [sys.executable, "-m", "clearway", "top", served.console, "--for", "0.2", *options],
                capture_output=True,
                text=True,
                timeout=PATIENCE_S,
            )
            assert (done.returncode, done.stderr) == (0, "")
            return done.stdout

        told = json.loads(top("--format", "json"))
        assert {row["route"]: row["lane"] for row in told["routes"]} == {"GET /good": "loop", "GET /bad": "loop"}
        # On a machine with much to do there are stalls without a line, too.
        (culprit,) = (culprit for culprit in told["stalls"] if culprit["culprit"] is not None)
        assert culprit["culprit"]["line"] == 12
        assert culprit["routes"] == ["GET /bad"]
        assert "main.py:12" in top()
    finally:
        served.stop()


def test_a_recording_as_text_json_and_diagnosis(recording: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["top", recording]) == 0  # captured: not a terminal
    assert "GET /bad blocks the loop" in capsys.readouterr().out
    assert main(["top", recording, "--format", "json", "--for", "0.4"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["source"], told["window_s"]) == (recording, 0.4)
    assert main(["top", recording, "--doctor"]) == 0
    assert capsys.readouterr().out.startswith("doctor: GET /bad blocks the loop\n")
    assert main(["top", recording, "--doctor", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["doctor"] == DOCTOR


def test_a_broken_end_is_said_on_the_side(recording: str, capsys: pytest.CaptureFixture[str]) -> None:
    path = Path(recording)
    path.write_bytes(path.read_bytes()[:-9])
    assert main(["top", recording, "--format", "json"]) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out)["losses"] == []
    assert "breaks off at line 9" in printed.err


def test_a_recording_is_exported(recording: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    trace, page = tmp_path / "t.json", tmp_path / "p.html"
    assert main(["top", recording, "--export-trace", str(trace), "--export-page", str(page)]) == 0
    assert capsys.readouterr() == (f"wrote {trace}\nwrote {page}\n", "")
    events = json.loads(trace.read_text())["traceEvents"]
    assert any(event["name"].startswith("stall: time.sleep") for event in events)
    assert "time.sleep" in page.read_text().partition('id="recording">')[2]
    Path(recording).write_bytes(Path(recording).read_bytes()[:-9])
    assert main(["top", recording, "--export-page", str(page)]) == 0
    assert "line 9 is cut off; what comes before it is exported" in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["p.html", "rec.ndjson", "t.json"]


def test_a_recording_that_is_broken_in_the_middle_is_exported_up_to_there(
    recording: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, out = Path(recording), tmp_path / "t.json"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:4], b"{}\n", *lines[4:]]))
    assert main(["top", recording, "--export-trace", str(out)]) == 0
    assert f"note: {path}: line 5: " in capsys.readouterr().err
    assert json.loads(out.read_text())["traceEvents"]


def test_what_cannot_be_exported(recording: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = Path(recording).read_bytes()
    assert "is the recording itself" in error_of(capsys, recording, "--export-page", recording)
    assert "no such file or directory" in error_of(capsys, recording, "--export-page", str(tmp_path / "no" / "p"))
    assert "is a directory" in error_of(capsys, recording, "--export-trace", str(tmp_path))
    assert "no line of a recording" in error_of(capsys, __file__, "--export-trace", str(tmp_path / "t"))
    assert "is for a recording" in error_of(capsys, "http://127.0.0.1:1", "--export-trace", str(tmp_path / "t"))
    assert Path(recording).read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["rec.ndjson"]


def test_the_token_comes_from_the_option_or_the_environment(
    console: ConsoleServer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CLEARWAY_CONSOLE_TOKEN", raising=False)
    assert "wants a token" in error_of(capsys, console.url, "--once")
    assert main(["top", console.url, "--for", "0.1", "--token", "secret"]) == 0
    assert "GET /a" in capsys.readouterr().out
    monkeypatch.setenv("CLEARWAY_CONSOLE_TOKEN", "secret")
    assert main(["top", f"127.0.0.1:{console.port}", "--for", "0.1"]) == 0
    assert "secret" not in capsys.readouterr().out


def test_a_console_that_tells_nothing(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clearway.cli.top.PATIENCE_S", 0.1)
    console = ConsoleServer(Hub(Told()), "127.0.0.1", 0)
    console.start()
    try:
        assert "tells nothing" in error_of(capsys, console.url, "--for", "0.1")
    finally:
        console.stop()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["127.0.0.1:1"], "nothing answers at http://127.0.0.1:1; start the app with `clearway run`, or give"),
        (["nowhere.ndjson"], "nowhere.ndjson: no such file or directory; give a recording, or a URL"),
        ([__file__], "no line of a recording"),
        (["ftp://x"], "expected the console's URL"),
        (["--for", "0"], "--for 0: above 0, at most 120 seconds"),
        (["--for", "nan"], "--for nan"),
        (["--format", "xml"], "invalid choice: 'xml'"),
    ],
)
def test_what_cannot_be_carried_out(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert message in error_of(capsys, *arguments)


def test_an_output_that_knows_only_ascii(recording: str) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(
        [sys.executable, "-m", "clearway", "top", recording], capture_output=True, env=environment, timeout=PATIENCE_S
    )
    assert done.returncode == 0
    assert b"GET /bad" in done.stdout
    assert done.stdout.isascii()


@pytest.mark.once
def test_in_a_terminal_it_opens_shows_and_quits(recording: str) -> None:
    """Through a pseudo-terminal of 80×24: as over SSH; without colours, where that is asked for."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    environment = {**os.environ, "TERM": "xterm", "NO_COLOR": "1"}
    top = subprocess.Popen(
        [sys.executable, "-m", "clearway", "top", recording], stdin=slave, stdout=slave, stderr=slave, env=environment
    )
    os.close(slave)
    shown = b""
    try:
        while b"GET /bad blocks the loop" not in shown or b"2.0ms" not in shown:
            shown += os.read(master, 65536)
        os.write(master, b"q")
        while piece := _read(master):
            shown += piece
        assert top.wait(PATIENCE_S) == 0
    finally:
        top.kill()
        top.wait()
        os.close(master)
    codes = {code for found in re.findall(rb"\x1b\[([0-9;]*)m", shown) for code in found.split(b";")}
    colours = {code for code in codes if code[:1] in (b"3", b"4", b"9") and len(code) == 2}
    assert colours <= {b"39", b"49"}, "the terminal's own colours only"


def _read(master: int) -> bytes:
    try:
        return os.read(master, 65536)
    except OSError as error:
        if error.errno != errno.EIO:  # the other side is closed
            raise
        return b""
