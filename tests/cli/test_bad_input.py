"""Every request that cannot be carried out: one line that says why, exit code 2, no traceback."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from clearway.cli import main
from tests.served import Served

Serve = Callable[..., Served]

APP = "from fastapi import FastAPI\napp = FastAPI()\n@app.get('/items/')\ndef items(): return []\n"


def refusal(served: Served) -> str:
    """The one line on standard error of a run that exited with 2."""
    assert served.wait() == 2, served.err
    assert served.out == []
    assert len(served.err) == 1, served.err
    assert served.err[0].startswith("clearway: ")
    return served.err[0].removeprefix("clearway: ")


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (
            "import fastpi",
            "app.py raised on import: ModuleNotFoundError: No module named 'fastpi' (app.py:1)",
        ),
        ("\nraise ValueError('no\\nway')", "app.py raised on import: ValueError: no way (app.py:2)"),
        ("import json\njson.loads('{')", "(app.py:2)"),
        ("def f(:", "app.py raised on import: SyntaxError: invalid syntax (app.py:1)"),
        ("raise SystemExit(0)", "app.py raised on import: SystemExit: 0 (app.py:1)"),
        ("x = 1", "app.py has no FastAPI or Starlette app among its names; say which it is: app.py:NAME"),
        ("def create_app(): pass", "app.py has no app, but create_app(); try app.py:create_app --factory"),
    ],
)
def test_file_without_a_usable_app(serve: Serve, source: str, reason: str) -> None:
    assert reason in refusal(serve(source))


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("app.py:ap", "app.py has no attribute 'ap'; did you mean 'app'?"),
        ("app:app.rooter", "has no attribute 'rooter'; did you mean 'router'?"),
        ("app.py:items", "app.py:items takes no argument: if it makes the app, add --factory"),
        ("app.py:number", "app.py:number is an int, not an ASGI app"),
        ("app.py:flask", "looks like a WSGI app"),
        ("apq:app", "no module named 'apq'"),
        ("apq:app", "; did you mean 'app'?"),
        ("app.main:app", "no module named 'app.main'"),
    ],
)
def test_target_that_is_no_app(serve: Serve, tmp_path: Path, target: str, reason: str) -> None:
    (tmp_path / "app.py").write_text(APP + "number = 1\ndef flask(environ, start_response): ...\n")
    assert reason in refusal(serve(None, target))


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("app:app", "app:app cannot be called without arguments, so it is no factory; drop --factory"),
        ("app:broken", "app:broken() raised: KeyError: 'x' (app.py:6)"),
        ("app:late", "app:late is an async def"),
        ("app:empty", "app:empty() returned what is a NoneType, not an ASGI app"),
    ],
)
def test_factory_that_makes_no_app(serve: Serve, tmp_path: Path, target: str, reason: str) -> None:
    factories = "def broken():\n  return {}['x']\nasync def late(): ...\ndef empty(): ...\n"
    (tmp_path / "app.py").write_text(APP + factories)
    assert reason in refusal(serve(None, target, "--factory"))


def test_app_that_fails_in_its_lifespan(serve: Serve) -> None:
    source = (
        "from contextlib import asynccontextmanager\nfrom fastapi import FastAPI\n"
        "@asynccontextmanager\nasync def lifespan(app):\n  raise OSError('no database')\n  yield\n"
        "app = FastAPI(lifespan=lifespan)\n"
    )
    assert refusal(serve(source)) == "app.py failed to start: OSError: no database (app.py:5)"


def test_verbose_shows_the_traceback(serve: Serve) -> None:
    served = serve("1 / 0", "--verbose")
    assert served.wait() == 2
    assert any("Traceback" in line for line in served.err)
    assert served.err[-1].startswith("clearway: app.py raised on import: ZeroDivisionError")


def test_port_in_use_is_found_before_the_app_is_imported(serve: Serve, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("print('imported', flush=True)\n" + APP)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        reason = refusal(serve(None, "app.py", "--port", str(port)))
    assert reason.startswith(f"127.0.0.1:{port} is in use by another program; stop it, or try --port ")


def test_console_port_in_use(serve: Serve) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        reason = refusal(serve(APP, "--console", f"127.0.0.1:{port}"))
    assert f"console 127.0.0.1:{port} is in use" in reason


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ("treads = 4", "clearway.toml: unknown key 'treads'; did you mean 'threads'?"),
        ("threads = ", "clearway.toml: not TOML: "),
        ("[pins]\n'GET /item/' = 'loop'", "'GET /items/'"),
        ("[routes]\n'GET /item/' = {limit = 1}", "'GET /items/'"),
    ],
)
@pytest.mark.parametrize("several", [(), ("--workers", "2")])
def test_settings_that_do_not_fit(
    serve: Serve, tmp_path: Path, settings: str, reason: str, several: tuple[str, ...]
) -> None:
    (tmp_path / "clearway.toml").write_text(settings)
    assert reason in refusal(serve(APP, *several))


def test_plan_for_other_code(serve: Serve, tmp_path: Path) -> None:
    entry = {"call": "app:itemz", "lane": "loop", "why": "does not block"}
    (tmp_path / "plan.json").write_text(json.dumps({"schema": "clearway.plan/1", "calls": [entry]}))
    assert "'app:items'" in refusal(serve(APP, "--plan", "plan.json"))


def test_broken_app_is_told_once_with_several_workers(serve: Serve) -> None:
    assert refusal(serve("1 / 0", "--workers", "3")).endswith("division by zero (app.py:1)")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ([], "the following arguments are required: VERB (see clearway --help)"),
        (["rum"], "invalid choice: 'rum'"),
        (
            ["run", "--prot", "1"],
            "unknown argument '--prot'; did you mean '--port'? (see clearway run --help)",
        ),
        (["run", "--port", "x"], "argument --port: invalid int value: 'x'"),
        (["run", "--port", "65536"], "--port 65536: from 0 to 65535"),
        (["run", "--workers", "0"], "--workers 0: at least 1"),
        (["run", "--workers", "2", "--reload"], "--reload serves with one process"),
        (["run", "--grace", "-1"], "--grace -1: from 0 to 86400 seconds"),
        (["run", "--grace", "nan"], "--grace nan: from 0 to 86400 seconds"),
        (["run", "--threads", "0"], "command line: threads must be from 1 to"),
        (["run", "--max-wait", "0"], "command line: max_wait must be above 0"),
        (["run", "--console", "0.0.0.0:8001"], "add --console-token"),
        (["run", "--console", "example.org:8001"], "add --console-token"),
        (["run", "--console", ":::8001"], "in brackets"),
        (["run", "--console", "localhost:x"], "expected HOST:PORT"),
        (["run"], "no app in "),
        (["run", "nowhere.py"], "nowhere.py: no such file"),
        (["run", "maine.py"], "no such file; did you mean mine.py?"),
        (["run", "srv/mine.py"], "no such file; did you mean src/mine.py?"),
        (["run", "mine.py:"], "'mine.py:' names no app"),
        (["run", "mine.py", "--settings", "none.toml"], "settings none.toml: No such file or directory"),
        (["run", "mine.py", "--plan", "none.json"], "plan none.json: No such file or directory"),
        (["run", "mine.py", "--host", "host.invalid"], "--host host.invalid: no such host"),
    ],
)
def test_arguments_that_cannot_be_meant(
    arguments: list[str],
    reason: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(APP)
    (tmp_path / "src").mkdir()
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert err.startswith("clearway: ")
    assert reason in err
