"""What an engine that fails gets: one line that says what was wrong and what to do, and an empty workplace."""

from __future__ import annotations

import os
import stat
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from clearway.check.engine import EngineError, Span
from clearway.check.engine.pyrefly import VERSION, Pyrefly, find_executable
from clearway.check.project import Project
from tests.check.engine.conftest import project_of

Fake = Callable[..., Path]

INDEX = '{"format_version": 1, "modules": {}}'
LISTED = """{"format_version": 1, "modules": {"7": {"module_id": 7, "module_name": "main",
"info_filename": "main:7.json", "source_path": {"FileSystem": "MAIN"}}}}"""
DEFINITIONS = """{"format_version": 1, "module_id": 7, "class_definitions": {},
"function_definitions": {"F:0": {"name": "f", "name_location": "1:5-1:6"}}}"""
CALLS = """{"format_version": 1, "module_id": 7, "call_graphs": {"MTL": {"5:1-5:4": {"Call": {"call_targets": [
{"target": {"Function": {"module_id": 7, "function_id": "F:0", "function_name": "f"}}}]}}}}}"""
CALLED = Span(5, 0, 5, 3)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return project_of(tmp_path / "project", {"main.py": "def f():\n    pass\n\n\nf()\n"})


@pytest.fixture
def workplace(tmp_path: Path) -> Path:
    folder = tmp_path / "workplace"
    folder.mkdir()
    return folder


@pytest.fixture
def fake(tmp_path: Path, project: Project) -> Fake:
    """A program in place of pyrefly: writes these files of a report, then does as told."""

    def make(
        body: str = "",
        *,
        version: str = f"pyrefly {VERSION}",
        index: str | None = LISTED,
        definitions: str | None = DEFINITIONS,
        calls: str | None = CALLS,
    ) -> Path:
        main = project.files[0].path
        files = {"pyrefly.pysa.json": index, "definitions/main:7.json": definitions, "call_graphs/main:7.json": calls}
        written = {name: text.replace("MAIN", str(main)) for name, text in files.items() if text is not None}
        program = f"""\
            #!{sys.executable}
            import os, pathlib, signal, sys

            if sys.argv[1:] == ["--version"]:
                print({version!r})
                sys.exit()
            report = pathlib.Path(sys.argv[sys.argv.index("--report-pysa") + 1])
            for name, text in {written!r}.items():
                (report / name).parent.mkdir(parents=True, exist_ok=True)
                (report / name).write_text(text)
        """
        path = tmp_path / "pyrefly"
        path.write_text(textwrap.dedent(program) + textwrap.dedent(body))
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return path

    return make


def message_of(error: pytest.ExceptionInfo[EngineError]) -> str:
    text = str(error.value)
    assert text
    assert "\n" not in text
    assert len(text) < 600
    return text


def failure(executable: Path, project: Project, workplace: Path, timeout_s: float | None = None) -> str:
    """The message with which the engine fails. It leaves nothing behind."""
    with pytest.raises(EngineError) as error:
        Pyrefly(executable, timeout_s).start(project, workplace).wait()
    assert list(workplace.iterdir()) == []
    return message_of(error)


@pytest.mark.parametrize("code", [0, 1])
def test_a_run_with_or_without_type_errors_is_read(fake: Fake, project: Project, workplace: Path, code: int) -> None:
    pending = Pyrefly(fake(f"sys.exit({code})")).start(project, workplace)
    graph = pending.wait()
    assert pending.wait() is graph
    [target] = graph.calls(project.files[0].path, CALLED)
    assert (target.path, target.line, target.name, target.receiver) == (project.files[0].path, 1, "f", None)
    pending.cancel()
    assert list(workplace.iterdir()) == []


def test_a_crash_is_told_with_what_the_panic_said(fake: Fake, project: Project, workplace: Path) -> None:
    body = """
        sys.stderr.write("ERROR Thread panicked at pysa.rs:304:22:\\nFailed to write: No space left\\n  0: x\\n")
        sys.exit(101)
    """
    text = failure(fake(body), project, workplace)
    assert "exit code 101" in text
    assert text.endswith("Failed to write: No space left")


@pytest.mark.parametrize(("said", "told"), [("", "does not say why"), ("one\n\ntwo\n", "two"), ("\udcff" * 9, "�")])
def test_another_exit_code_is_told_with_the_last_line(
    fake: Fake, project: Project, workplace: Path, said: str, told: str
) -> None:
    body = f"sys.stderr.buffer.write({os.fsencode(said)!r}); sys.stderr.flush(); sys.exit(2)"
    assert told in failure(fake(body), project, workplace)


@pytest.mark.parametrize("name", ["SIGKILL", "SIGSEGV", "SIGTERM"])
def test_a_signal_is_named(fake: Fake, project: Project, workplace: Path, name: str) -> None:
    text = failure(fake(f"os.kill(os.getpid(), signal.{name})"), project, workplace)
    assert name in text


def test_a_run_that_takes_too_long_is_ended(fake: Fake, project: Project, workplace: Path) -> None:
    text = failure(fake("signal.pause()"), project, workplace, timeout_s=0.2)
    assert "did not finish within 0.2 s" in text


def test_cancelling_kills_the_run_and_removes_what_it_wrote(
    fake: Fake, project: Project, workplace: Path, tmp_path: Path
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    pending = Pyrefly(fake(f"held = open({str(pipe)!r}, 'w')\nsignal.pause()")).start(project, workplace)
    with pipe.open() as end:  # opens when the run has opened it, and ends when the run has ended
        pending.cancel()
        assert end.read() == ""
    assert list(workplace.iterdir()) == []
    pending.cancel()
    with pytest.raises(EngineError) as error:
        pending.wait()
    assert "cancelled" in message_of(error)


def test_a_question_after_cancelling_is_an_error_and_no_silence(fake: Fake, project: Project, workplace: Path) -> None:
    pending = Pyrefly(fake()).start(project, workplace)
    graph = pending.wait()
    pending.cancel()
    with pytest.raises(EngineError) as error:
        graph.calls(project.files[0].path, CALLED)
    assert "main.py is gone" in message_of(error)


@pytest.mark.parametrize("version", ["pyrefly 1.5.0", "pyrefly 1.4.10", "pyrefly 1.4.1-dev.2", "pyrefly "])
def test_another_version_is_refused(fake: Fake, project: Project, workplace: Path, version: str) -> None:
    text = failure(fake(version=version), project, workplace)
    assert "speaks another format than 1.4.1; install pyrefly==1.4.1" in text


@pytest.mark.parametrize("version", ["", "Python 3.11.7", "pyrefly-1.4.1"])
def test_another_program_is_refused(fake: Fake, project: Project, workplace: Path, version: str) -> None:
    assert "is no pyrefly" in failure(fake(version=version), project, workplace)


@pytest.mark.parametrize(
    "report",
    [
        {"index": INDEX.replace("1", "2", 1)},
        {"index": '{"format_version": 1}'},
        {"index": "[]"},
        {"index": LISTED.replace('"main:7.json"', "3")},
        {"definitions": DEFINITIONS.replace('"format_version": 1', '"format_version": 2')},
        {"definitions": DEFINITIONS.replace('"function_definitions"', '"functions"')},
        {"definitions": DEFINITIONS.replace("1:5-1:6", "line 1")},
    ],
)
def test_a_report_of_another_form_is_refused(
    fake: Fake, project: Project, workplace: Path, report: dict[str, str]
) -> None:
    text = failure(fake(**report), project, workplace)
    assert "speaks another format than 1.4.1; install pyrefly==1.4.1" in text


@pytest.mark.parametrize(
    "report", [{"index": LISTED[:60]}, {"index": ""}, {"index": "\0"}, {"definitions": DEFINITIONS[:-5]}]
)
def test_a_damaged_report_is_told(fake: Fake, project: Project, workplace: Path, report: dict[str, str]) -> None:
    assert "is damaged" in failure(fake(**report), project, workplace)


@pytest.mark.parametrize(
    ("calls", "told"),
    [
        (CALLS[:-9], "is damaged"),
        ("", "is damaged"),
        (CALLS.replace('"call_graphs"', '"calls"'), "another format"),
        (CALLS.replace("5:1-5:4", "5:1"), "another format"),
        (CALLS.replace('"format_version": 1', '"format_version": 3'), "another format"),
    ],
)
def test_a_modules_calls_that_cannot_be_read_are_told_when_asked_for(
    fake: Fake, project: Project, workplace: Path, calls: str, told: str
) -> None:
    pending = Pyrefly(fake(calls=calls)).start(project, workplace)
    graph = pending.wait()
    with pytest.raises(EngineError) as error:
        graph.calls(project.files[0].path, CALLED)
    assert told in message_of(error)
    pending.cancel()


@pytest.mark.parametrize("report", [{"calls": None}, {"definitions": None}, {"index": INDEX}])
def test_a_module_that_was_not_written_counts_as_unanswered(
    fake: Fake, project: Project, workplace: Path, report: dict[str, str | None]
) -> None:
    pending = Pyrefly(fake(**report)).start(project, workplace)
    graph = pending.wait()
    assert list(graph.unanswered) == [project.files[0].path]
    assert list(graph.calls(project.files[0].path, CALLED)) == []
    pending.cancel()


def test_a_run_without_a_report_is_told(fake: Fake, project: Project, workplace: Path) -> None:
    body = "sys.stderr.write('When creating directory: Permission denied'); sys.exit(1)"
    text = failure(fake(body, index=None), project, workplace)
    assert text.endswith("ended without a report: When creating directory: Permission denied")


def test_a_program_that_is_none_is_told(project: Project, workplace: Path, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no program")
    for path in (tmp_path / "absent", tmp_path / "text", tmp_path):
        text = failure(path, project, workplace)
        assert "cannot be started" in text
        assert "install pyrefly==1.4.1" in text


def test_a_workplace_that_cannot_be_written_to_is_told(project: Project, tmp_path: Path) -> None:
    for path in (tmp_path / "absent", project.files[0].path):
        with pytest.raises(EngineError) as error:
            Pyrefly().start(project, path)
        assert "no place to write to" in message_of(error)


def test_the_program_beside_us_is_found_without_a_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert find_executable().is_file()


def test_an_environment_without_pyrefly_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("sysconfig.get_path", lambda name: str(tmp_path))
    monkeypatch.setattr("sys.path", [str(tmp_path)])
    with pytest.raises(EngineError) as error:
        find_executable()
    assert message_of(error) == "pyrefly is not installed beside Clearway; install pyrefly==1.4.1"
