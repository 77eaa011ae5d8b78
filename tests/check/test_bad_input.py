"""What cannot be checked has a defined result: a counted warning, or exit code 2 with one line. Nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from clearway.cli import main
from tests.check.corpus.report import furnish

BLOCKING = """\
import time

from fastapi import FastAPI

app = FastAPI()


@app.get("/slow")
async def slow() -> None:
    time.sleep(1)
"""
CLEAN = BLOCKING.replace("time.sleep(1)", "return None")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a run of the command said."""

    code: int
    out: str
    err: str

    @property
    def report(self) -> dict[str, Any]:
        """The JSON that it wrote."""
        data: dict[str, Any] = json.loads(self.out)
        return data

    @property
    def skipped(self) -> dict[str, str]:
        """File to reason."""
        return {entry["file"]: entry["reason"] for entry in self.report["skipped"]}

    @property
    def found(self) -> list[tuple[str, int]]:
        """File and line of the gravest findings."""
        return [
            (finding["chain"][0]["file"], finding["chain"][0]["line"])
            for finding in self.report["findings"]
            if finding["severity"] == "error"
        ]

    @property
    def refusal(self) -> str:
        """The one line of a request that could not be carried out."""
        assert self.code == 2, self
        assert self.out == ""
        assert self.err.count("\n") == 1, self.err
        assert self.err.startswith("clearway: ")
        return self.err.removeprefix("clearway: ").strip()


Check = Callable[..., Answer]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with an environment of its own and one clean module."""
    folder = tmp_path / "project"
    folder.mkdir()
    furnish(folder)
    (folder / "clean.py").write_text(CLEAN)
    return folder


@pytest.fixture
def check(project: Path, capsys: pytest.CaptureFixture[str]) -> Check:
    """Run `clearway check` in this process: `check("--all")` for the whole project, `check(path)` for a path."""

    def run(*arguments: str | Path, format: str = "json") -> Answer:
        given = [str(argument) for argument in arguments]
        if not any(not argument.startswith("-") for argument in given[:1]):
            given.insert(0, str(project))
        code = main(["check", *given, "--format", format])
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return Answer(code, out, err)

    return run


def test_the_project_itself_is_fine(check: Check) -> None:
    answer = check()
    assert answer.code == 0
    assert answer.skipped == {}
    assert [root["function"] for root in answer.report["roots"]] == ["slow"]


BROKEN_FILES = {
    "syntax error": b"def f(:\n    pass\n",
    "indentation": b"def f():\npass\n",
    "unfinished string": b'text = """never closed\n',
    "not UTF-8": "name = 'Zo\u00eb'\n".encode("latin-1"),
    "UTF-16": "name = 1\n".encode("utf-16"),
    "unknown encoding": b"# -*- coding: klingon -*-\nname = 1\n",
    "null bytes": b"name = 1\n\x00\x00\x00\n",
    "binary": bytes(range(256)) * 8,
    "merge conflict": b"<<<<<<< ours\nx = 1\n=======\nx = 2\n>>>>>>> theirs\n",
    "Python 2": b"print 'hello'\nexec 'x = 1'\n",
    "template": b"from {{ package }} import app\n",
    "too many parentheses": b"x = " + b"(" * 5_000 + b")" * 5_000 + b"\n",
}


@pytest.mark.parametrize("content", BROKEN_FILES.values(), ids=BROKEN_FILES)
def test_file_that_cannot_be_read_is_skipped_and_counted(project: Path, check: Check, content: bytes) -> None:
    (project / "broken.py").write_bytes(content)
    (project / "blocking.py").write_text(BLOCKING)
    answer = check()
    assert answer.code == 1
    assert list(answer.skipped) == ["broken.py"]
    assert answer.skipped["broken.py"]
    assert "\n" not in answer.skipped["broken.py"]
    assert answer.found == [("blocking.py", 10)]


@pytest.mark.parametrize("format", ["text", "json", "sarif", "github"])
def test_skipped_files_are_told_in_every_format(project: Path, check: Check, format: str) -> None:
    (project / "broken.py").write_text("def f(:\n")
    answer = check(format=format)
    assert answer.code == 0
    assert "broken.py" in answer.out + answer.err


def test_nothing_but_a_broken_file_is_no_silent_pass(project: Path, check: Check) -> None:
    (project / "clean.py").write_text("def f(:\n")
    answer = check()
    assert answer.code == 2
    assert answer.err.count("\n") == 1
    assert "clean.py" in answer.err
    assert list(answer.skipped) == ["clean.py"]


def test_syntax_error_says_its_line(project: Path, check: Check) -> None:
    (project / "broken.py").write_text("x = 1\ny = 2\ndef f(:\n    pass\n")
    assert "line 3" in check().skipped["broken.py"]


GOOD_FILES = {
    "byte order mark": b"\xef\xbb\xbf" + BLOCKING.encode(),
    "CRLF": BLOCKING.replace("\n", "\r\n").encode(),
    "form feed": BLOCKING.replace("\n\n\n", "\n\x0c\n\n").encode(),
    "no newline at the end": BLOCKING.rstrip().encode(),
    "tabs": BLOCKING.replace("    ", "\t").encode(),
    "wide characters before the call": BLOCKING.replace("    time", "    '\U0001f40d\u00e9'; time").encode(),
    "3.12 syntax": BLOCKING.encode() + b"\n\ntype Pair[T] = tuple[T, T]\n",
    "3.14 syntax": BLOCKING.encode() + b"\n\ntry:\n    pass\nexcept ValueError, TypeError:\n    pass\n",
}


@pytest.mark.parametrize("content", GOOD_FILES.values(), ids=GOOD_FILES)
def test_unusual_file_is_checked(project: Path, check: Check, content: bytes) -> None:
    (project / "blocking.py").write_bytes(content)
    answer = check()
    assert answer.skipped == {}
    assert answer.found == [("blocking.py", 10)]
    assert answer.code == 1


def test_declared_encoding_is_read_or_skipped(project: Path, check: Check) -> None:
    first, rest = BLOCKING.split("\n", 1)
    (project / "blocking.py").write_bytes(f"# -*- coding: latin-1 -*- Zo\u00eb\n{first};{rest}".encode("latin-1"))
    answer = check()
    if answer.skipped:
        assert list(answer.skipped) == ["blocking.py"]
    else:
        assert answer.found == [("blocking.py", 10)]


@pytest.mark.parametrize("name", ["my-app.py", "with space.py", "gr\u00fc\u00dfe.py", "class.py", "1st.py", "a.b.py"])
def test_file_with_a_name_that_nobody_imports_is_checked(project: Path, check: Check, name: str) -> None:
    (project / name).write_text(BLOCKING)
    assert check().found == [(name, 10)]


def test_file_name_that_is_no_text(project: Path, check: Check) -> None:
    try:
        Path(os.fsdecode(os.fsencode(project) + b"/\xff.py")).write_text(BLOCKING)
    except OSError:
        pytest.skip("this file system takes only names that are text")
    answer = check()
    assert answer.code == 1
    assert len(answer.report["findings"]) >= 1
    answer.out.encode()


DEEP = {
    "sum": "x = " + " + ".join(["1"] * 20_000),
    "attributes": "def f(x):\n    return x" + ".y" * 20_000,
    "calls": "def f(x):\n    return " + "f(" * 90 + "x" + ")" * 90,
    "chained calls": "def f(x):\n    return x" + ".y()" * 5_000,
    "elif": "def f(x):\n    if x == 0:\n        pass\n"
    + "".join(f"    elif x == {n}:\n        pass\n" for n in range(1, 3_000)),
    "blocks": "def f(x):\n" + "".join("    " * n + "if x:\n" for n in range(1, 90)) + "    " * 90 + "pass",
    "functions": "".join("    " * n + f"def f{n}():\n" for n in range(90)) + "    " * 90 + "pass",
    "lambdas": "f = " + "lambda: " * 500 + "1",
    "not": "x = " + "not " * 5_000 + "True",
    "strings": "x = (" + "\n'a'" * 20_000 + ")",
    "long line": "x = [" + ", ".join(map(str, range(200_000))) + "]",
}


@pytest.mark.parametrize("text", DEEP.values(), ids=DEEP)
def test_deep_nesting_is_checked_or_skipped_and_never_silent(project: Path, check: Check, text: str) -> None:
    (project / "deep.py").write_text(f"{BLOCKING}\n\n{text}\n")
    answer = check()
    assert answer.code == (1 if answer.found else 0)
    assert bool(answer.found) != ("deep.py" in answer.skipped)


def test_chain_of_a_thousand_functions(project: Path, check: Check) -> None:
    steps = "".join(f"def f{n}():\n    return f{n + 1}()\n\n\n" for n in range(1_000))
    text = f"{BLOCKING}\n\n{steps}def f1000():\n    time.sleep(1)\n"
    (project / "chain.py").write_text(
        text.replace("async def slow() -> None:\n    time.sleep(1)", "async def slow():\n    f0()")
    )
    assert check().found == [("chain.py", 10)]


@pytest.mark.slow
def test_generated_file_of_fifty_thousand_lines(project: Path, check: Check) -> None:
    rows = "".join(f"    {{'id': {n}, 'name': 'row {n}', 'next': {n + 1}}},\n" for n in range(45_000))
    functions = "".join(f"def f{n}(x: int) -> int:\n    return x + {n}\n\n\n" for n in range(1_300))
    (project / "generated.py").write_text(f"{BLOCKING}\n\nROWS = [\n{rows}]\n\n\n{functions}")
    answer = check()
    assert answer.skipped == {}
    assert answer.found == [("generated.py", 10)]


def _notebook() -> str:
    cell = {"cell_type": "code", "source": ["import time\n", "time.sleep(1)\n"], "metadata": {}, "outputs": []}
    return json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def test_notebook_in_the_project_is_skipped_and_counted(project: Path, check: Check) -> None:
    (project / "explore.ipynb").write_text(_notebook())
    answer = check()
    assert answer.code == 0
    assert list(answer.skipped) == ["explore.ipynb"]
    assert "notebook" in answer.skipped["explore.ipynb"]


def test_notebook_that_is_asked_for(project: Path, check: Check) -> None:
    (project / "explore.ipynb").write_text(_notebook())
    answer = check(project / "explore.ipynb")
    if answer.code == 2:
        assert "explore.ipynb" in answer.refusal
    else:
        assert list(answer.skipped) == ["explore.ipynb"]


def test_directory_loop_is_walked_once(project: Path, check: Check) -> None:
    (project / "app").mkdir()
    (project / "app" / "blocking.py").write_text(BLOCKING)
    (project / "app" / "again").symlink_to(project / "app", target_is_directory=True)
    (project / "app" / "up").symlink_to(project, target_is_directory=True)
    answer = check()
    assert answer.found == [("app/blocking.py", 10)]
    assert answer.code == 1


def test_links_that_lead_nowhere_are_skipped_and_counted(project: Path, check: Check) -> None:
    (project / "itself.py").symlink_to(project / "itself.py")
    (project / "gone.py").symlink_to(project / "nowhere.py")
    (project / "blocking.py").write_text(BLOCKING)
    answer = check()
    assert answer.found == [("blocking.py", 10)]
    assert sorted(answer.skipped) == ["gone.py", "itself.py"]


def test_what_is_no_file_is_not_waited_for(project: Path, check: Check) -> None:
    os.mkfifo(project / "pipe.py")
    (project / "folder.py").mkdir()
    (project / "blocking.py").write_text(BLOCKING)
    answer = check()
    assert answer.found == [("blocking.py", 10)]


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
@pytest.mark.parametrize("name", ["blocking.py", "folder"])
def test_what_may_not_be_read_is_skipped_and_counted(project: Path, check: Check, name: str) -> None:
    (project / "folder").mkdir()
    (project / "folder" / "inner.py").write_text(BLOCKING)
    (project / "blocking.py").write_text(BLOCKING)
    (project / name).chmod(0)
    try:
        answer = check()
    finally:
        (project / name).chmod(0o755)
    assert any(file.startswith(name) for file in answer.skipped)
    assert len(answer.found) == 1


def test_empty_directory(tmp_path: Path, check: Check) -> None:
    (tmp_path / "empty").mkdir()
    assert "empty" in check(tmp_path / "empty").refusal


def test_directory_without_python(tmp_path: Path, check: Check) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "index.md").write_text("# Nothing to check\n")
    assert "docs" in check(tmp_path / "docs").refusal


def test_empty_module_is_fine(project: Path, check: Check) -> None:
    (project / "clean.py").write_text("")
    answer = check()
    assert answer.code == 0
    assert answer.skipped == {}
    assert answer.report["roots"] == []


def test_path_that_does_not_exist_names_the_nearest(project: Path, check: Check) -> None:
    refusal = check(project / "claen.py").refusal
    assert "claen.py" in refusal
    assert "clean.py" in refusal


def test_file_that_is_no_python(project: Path, check: Check) -> None:
    (project / "notes.md").write_text("time.sleep(1)\n")
    assert "notes.md" in check(project / "notes.md").refusal


def test_one_good_and_one_missing_path(project: Path, check: Check) -> None:
    assert "nowhere" in check(project, project / "nowhere").refusal


def test_interpreter_that_does_not_exist(project: Path, check: Check) -> None:
    assert "no-python" in check("--python", str(project / "no-python")).refusal


def test_interpreter_that_is_none(project: Path, check: Check) -> None:
    fake = project / "fake-python"
    fake.write_text("not a program\n")
    assert "fake-python" in check("--python", str(fake)).refusal


def test_interpreter_of_a_broken_environment(project: Path, check: Check) -> None:
    environment = project / "broken" / "bin"
    environment.mkdir(parents=True)
    (environment / "python").symlink_to(project / "uninstalled" / "python3")
    assert "broken" in check("--python", str(environment / "python")).refusal


@pytest.mark.parametrize("damage", ["no configuration", "binary configuration", "dangling interpreter"])
def test_own_environment_that_is_damaged_is_read_or_told(project: Path, check: Check, damage: str) -> None:
    """Whatever is still readable of it is read: a package in it blocks."""
    venv = project / ".venv"
    (packages,) = venv.glob("lib/*/site-packages")
    (packages / "slowly.py").write_text("import time\n\n\ndef wait():\n    time.sleep(1)\n")
    (project / "blocking.py").write_text(
        BLOCKING.replace("import time", "import slowly").replace("time.sleep(1)", "slowly.wait()")
    )
    if damage == "no configuration":
        (venv / "pyvenv.cfg").unlink()
    elif damage == "binary configuration":
        (venv / "pyvenv.cfg").write_bytes(bytes(range(256)))
    else:
        (venv / "bin" / "python").unlink()
        (venv / "bin" / "python").symlink_to(project / "uninstalled" / "python3")
        (venv / "pyvenv.cfg").write_text(f"home = {project}/uninstalled\n")
    answer = check()
    if answer.code == 2:
        assert ".venv" in answer.refusal
    else:
        told = any(".venv" in warning for warning in answer.report["warnings"]) or ".venv" in answer.err
        assert answer.found == [("blocking.py", 10)] or told


def test_own_environment_without_packages_is_told(project: Path, check: Check) -> None:
    for folder in sorted((project / ".venv" / "lib").rglob("*"), reverse=True):
        folder.rmdir()
    (project / ".venv" / "lib").rmdir()
    answer = check()
    if answer.code == 2:
        assert ".venv" in answer.refusal
    else:
        assert any(".venv" in warning for warning in answer.report["warnings"]) or ".venv" in answer.err


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--src", "nowhere"], "nowhere"),
        (["--baseline", "nowhere.json"], "nowhere.json"),
        (["--write-plan", "nowhere/plan.json"], "nowhere"),
        (["--level", "fatal"], "fatal"),
        (["--fail-on", "fatal"], "fatal"),
        (["--formt", "json"], "--format"),
        (["--fix", "--diff"], "--diff"),
    ],
)
def test_arguments_that_cannot_be_meant(
    project: Path, check: Check, monkeypatch: pytest.MonkeyPatch, arguments: list[str], named: str
) -> None:
    monkeypatch.chdir(project)
    assert named in check(project, *arguments).refusal


@pytest.mark.parametrize("content", ["", "{", "[]", '{"schema": "other/1"}', "\x00"])
def test_baseline_that_is_none(project: Path, check: Check, content: str) -> None:
    (project / "baseline.json").write_text(content)
    assert "baseline.json" in check("--baseline", str(project / "baseline.json")).refusal


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ("safe = ", "not TOML"),
        ("sinkz = {}", "sinks"),
        ("[sinks.'a.b']\nkind = 'netwrok'", "network"),
        ("safe = 'requests.get'", "safe"),
        ("ignore = ['CW999']", "CW999"),
        ("exclude = [1]", "exclude"),
    ],
)
def test_settings_that_do_not_fit(project: Path, check: Check, settings: str, named: str) -> None:
    (project / "clearway.toml").write_text(settings)
    assert named in check().refusal


def test_project_file_that_is_no_toml(project: Path, check: Check) -> None:
    (project / "pyproject.toml").write_text("[project\n")
    assert "pyproject.toml" in check().refusal


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [("broken.py", b"def f(:\n", 0), ("blocking.py", BLOCKING.encode(), 1), ("nul.py", b"\x00", 0)],
)
def test_as_a_program(project: Path, name: str, content: bytes, code: int) -> None:
    """The same from a terminal: nothing of it depends on being called in this process."""
    (project / name).write_bytes(content)
    done = subprocess.run(
        [sys.executable, "-m", "clearway", "check", ".", "--format", "json"],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert [entry["file"] for entry in json.loads(done.stdout)["skipped"]] == ([] if code else [name])


def test_refusal_as_a_program(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "clearway", "check", "nowhere"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert Answer(done.returncode, done.stdout, done.stderr).refusal.startswith("nowhere")


def test_reader_that_goes_away(project: Path) -> None:
    """`clearway check | head -0`: no traceback, and nobody is told of a broken pipe."""
    (project / "blocking.py").write_text(BLOCKING)
    command = [sys.executable, "-m", "clearway", "check", ".", "--format", "json"]
    with subprocess.Popen(command, cwd=project, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.close()
        assert b"Traceback" not in running.stderr.read()
