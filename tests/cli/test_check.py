"""`clearway check` on the command line: what goes where, exit codes, edits, baseline and plan.

The analysis is a stand-in that finds `time.sleep(` and what is marked with `# blocks`, so that each test says
exactly what is there to report.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from clearway.check.fingerprint import fingerprinted
from clearway.check.fix import FixKind
from clearway.check.request import Request
from clearway.check.result import Result, Skipped
from clearway.cli import check as verb
from clearway.cli import main, progress
from clearway.model import Advice, ClearwayError, Finding, Fix, Lane, Plan, Root, RootKind, Severity, Verdict
from tests.check.report.made import GET, SLEEP, finding, link, root

APP = "import time\n\n\nasync def read_item():\n    time.sleep(1)\n"
CLEAN = "async def read_item():\n    return 1\n"


@dataclass(frozen=True)
class Rule:
    code: str
    name: str = "blocking"
    summary: str = "Something blocks."
    documentation: str = "# Blocking\n\nWhat it does."


@dataclass
class Analysis:
    """Stands in for `clearway.check.analysis`."""

    root: Path
    requests: list[Request] = field(default_factory=list)
    changes: dict[str, Any] = field(default_factory=dict)
    error: BaseException | None = None

    def check(self, request: Request) -> Result:
        self.requests.append(request)
        if self.error is not None:
            raise self.error
        files = sorted(path for path in self.root.rglob("*.py"))
        shown = [str(path.relative_to(self.root)) for path in files]
        found = [entry for path, name in zip(files, shown, strict=True) for entry in _found(path, name)]
        values: dict[str, Any] = {
            "roots": (_root(),),
            "findings": fingerprinted(found),
            "files": len(files),
            "checked": tuple(shown),
        }
        return Result(self.root, **(values | self.changes))


def _found(path: Path, file: str) -> list[Finding]:
    found = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        here = (link("app:read_item", number, "time.sleep", file),)
        if (at := line.find("time.sleep(")) >= 0:
            end = line.index(")", at) + 1
            fix = Fix(FixKind.ASYNC_SLEEP, file, number, at, number, end, "await asyncio.sleep instead")
            found.append(finding(rule="CW101", root="app:read_item", sink=SLEEP, chain=here, fix=fix))
        if marked := re.search(r"# blocks (error|warning|advice)", line):
            found.append(finding(severity=Severity(marked[1]), root="app:read_item", sink=GET, chain=here))
    return found


def _root() -> Root:
    return root("app:read_item", file="app.py")


@dataclass
class Outcome:
    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        return json.loads(self.out)


Check = Callable[..., Outcome]


@pytest.fixture
def analysis(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Analysis:
    analysis = Analysis(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)
    monkeypatch.setattr(verb, "_analysis", lambda: analysis)
    codes = ("CW101", "CW102", "CW103", "CW302")
    monkeypatch.setattr(verb, "_rules", lambda: {code: Rule(code) for code in codes})
    return analysis


@pytest.fixture
def check(analysis: Analysis, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Check:
    """Check a source: `check(source, "--format", "json")`; without a source, what is there."""

    def run(source: str | None, *arguments: str) -> Outcome:
        if source is not None:
            (tmp_path / "app.py").write_text(source)
        code = main(["check", *arguments])
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return Outcome(code, out, err)

    return run


def test_findings_are_exit_code_1_and_none_is_0(check: Check) -> None:
    assert check(APP).code == 1
    assert check(CLEAN).code == 0


@pytest.mark.parametrize(
    ("severity", "arguments", "shown", "code"),
    [
        ("error", (), 1, 1),
        ("warning", (), 1, 0),
        ("advice", (), 0, 0),
        ("advice", ("--level", "advice"), 1, 0),
        ("warning", ("--level", "error"), 0, 0),
        ("warning", ("--fail-on", "warning"), 1, 1),
        ("advice", ("--fail-on", "advice"), 1, 1),
        ("warning", ("--fail-on", "warning", "--level", "error"), 0, 0),
        ("advice", ("--fail-on", "warning", "--level", "advice"), 1, 0),
    ],
)
def test_level_and_fail_on(check: Check, severity: str, arguments: tuple[str, ...], shown: int, code: int) -> None:
    outcome = check(f"x()  # blocks {severity}\n", "--format", "json", *arguments)
    assert (len(outcome.data["findings"]), outcome.code) == (shown, code)


@pytest.mark.parametrize("form", ["json", "sarif"])
def test_standard_output_is_nothing_but_the_report(check: Check, form: str) -> None:
    outcome = check(APP, "--format", form, "--fix", "--write-plan", "plan.json", "--write-baseline")
    json.loads(outcome.out)
    assert "fixed app.py" in outcome.err
    assert "plan plan.json" in outcome.err


def test_text_and_github(check: Check, analysis: Analysis) -> None:
    assert "CW101 error" in check(APP).out
    assert check(APP, "--format", "github").out.startswith("::error file=app.py,line=5,title=CW101::")


def test_github_sees_files_from_the_checkout(check: Check, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path.parent))
    assert f"file={tmp_path.name}/app.py," in check(APP, "--format", "github").out


def test_the_report_goes_into_a_file(check: Check, tmp_path: Path) -> None:
    outcome = check(APP, "--format", "json", "--output", "report.json")
    assert (outcome.code, outcome.out) == (1, "")
    assert json.loads((tmp_path / "report.json").read_text())["schema"] == "clearway.check/1"
    assert "\x1b" not in check(APP, "--output", "report.txt").out
    assert "CW101 error" in (tmp_path / "report.txt").read_text()


def test_the_request_is_what_was_typed(check: Check, analysis: Analysis, tmp_path: Path) -> None:
    (tmp_path / "clearway.toml").write_text('exclude = ["old/**"]')
    check(CLEAN, "app.py", "lib", "--src", "src", "--src", "lib", "--python", "python3.12", "--all", "--no-cache")
    (request,) = analysis.requests
    assert request.paths == (Path("app.py"), Path("lib"))
    assert request.src == (Path("src"), Path("lib"))
    assert (request.python, request.all_roots, request.use_cache) == ("python3.12", True, False)
    assert request.settings.exclude == ("old/**",)


def test_without_arguments_it_is_the_working_folder_with_the_cache(check: Check, analysis: Analysis) -> None:
    check(CLEAN)
    (request,) = analysis.requests
    assert (request.paths, request.src, request.python) == ((Path(),), (), None)
    assert (request.all_roots, request.use_cache) == (False, True)


def test_settings_are_those_of_the_checked_project(check: Check, analysis: Analysis, tmp_path: Path) -> None:
    service = tmp_path / "services" / "api"
    service.mkdir(parents=True)
    (service / "clearway.toml").write_text('safe = ["a.b"]')
    (tmp_path / "clearway.toml").write_text('safe = ["c.d"]')
    check(CLEAN, "services/api")
    check(CLEAN, "services/api", "app.py")
    check(CLEAN, "services/api", "--settings", "clearway.toml")
    assert [request.settings.safe for request in analysis.requests] == [("a.b",), ("c.d",), ("c.d",)]


def test_rules_are_switched_off_by_the_settings(check: Check, tmp_path: Path) -> None:
    (tmp_path / "clearway.toml").write_text('ignore = ["CW101"]')
    outcome = check(APP)
    assert outcome.code == 0
    assert "1 of rules that the settings switch off" in outcome.out


def test_a_comment_silences(check: Check) -> None:
    outcome = check(APP.replace("(1)", "(1)  # clearway: ignore[CW101] a test"))
    assert outcome.code == 0
    assert "1 ignored by comments" in outcome.out


def test_an_unused_comment_is_told_where_all_of_the_project_was_checked(check: Check) -> None:
    source = CLEAN.replace("1", "1  # clearway: ignore[CW101]")
    assert "app.py:2: this comment silences nothing" in check(source).out
    assert "silences nothing" not in check(source, "app.py").out


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--format", "xml"], "argument --format: invalid choice: 'xml'"),
        (["--fix", "--diff"], "argument --diff: not allowed with argument --fix"),
        (["--fial-on", "error"], "unknown argument '--fial-on'; did you mean '--fail-on'? (see clearway check --help)"),
        (["--settings", "none.toml"], "settings none.toml: No such file or directory"),
        (["--baseline", "none.json"], "baseline none.json: No such file or directory; write it with --write-baseline"),
        (["--explain", "CW01"], "--explain: unknown rule 'CW01'; did you mean 'CW101'?"),
        (["--write-plan", "none/plan.json"], "--write-plan none/plan.json: there is no folder none"),
        (["--output", "none/report"], "--output none/report: there is no folder none"),
        (["--write-baseline", "--baseline", "none/x.json"], "baseline none/x.json: No such file or directory"),
    ],
)
def test_what_cannot_be_carried_out_is_one_line_and_exit_code_2(
    check: Check, arguments: list[str], reason: str
) -> None:
    outcome = check(APP, *arguments)
    assert (outcome.code, outcome.out, outcome.err.count("\n")) == (2, "", 1)
    assert outcome.err.startswith("clearway: ")
    assert reason in outcome.err


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ('ignore = ["CW301"]', "clearway.toml: ignore: unknown rule 'CW301'; did you mean 'CW302'?"),
        ('sinks = {"a.b" = "netwrk"}', "unknown kind 'netwrk'; did you mean 'network'?"),
        ("x = ", "not TOML"),
    ],
)
def test_settings_that_do_not_fit(check: Check, tmp_path: Path, settings: str, reason: str) -> None:
    (tmp_path / "clearway.toml").write_text(settings)
    outcome = check(APP)
    assert (outcome.code, outcome.out, outcome.err.count("\n")) == (2, "", 1)
    assert reason in outcome.err


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ClearwayError("nowhere: no such file or folder"), "nowhere: no such file or folder"),
        (RecursionError("too deep"), "the check itself failed, please report it: RecursionError: too deep"),
        (KeyError("a\nb"), "the check itself failed, please report it: KeyError: "),
        (KeyboardInterrupt(), "stopped before the check was done"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_analysis_that_fails_is_one_line(check: Check, analysis: Analysis, error: Any, reason: str) -> None:
    analysis.error = error
    outcome = check(APP, "--format", "json")
    assert (outcome.code, outcome.out, outcome.err.count("\n")) == (2, "", 1)
    assert reason in outcome.err


def test_a_check_of_nothing_is_no_clean_check(check: Check, analysis: Analysis) -> None:
    analysis.changes = {"files": 0, "roots": (), "skipped": (Skipped("app.py", "line 1: invalid syntax"),)}
    outcome = check(CLEAN, "--format", "json")
    assert outcome.code == 2
    assert outcome.data["skipped"] == [{"file": "app.py", "reason": "line 1: invalid syntax"}]
    assert outcome.err == "clearway: nothing was checked: app.py: line 1: invalid syntax\n"


def test_fix_edits_until_nothing_changes(check: Check, analysis: Analysis, tmp_path: Path) -> None:
    source = "import time\r\n\r\n\r\nasync def read_item():\r\n    time.sleep(1)  # kept\r\n    time.sleep(2)\r\n"
    (tmp_path / "app.py").write_bytes(source.encode())
    (tmp_path / "app.py").chmod(0o640)
    outcome = check(None, "--fix")
    fixed = (tmp_path / "app.py").read_bytes().decode()
    assert "    await asyncio.sleep(1)  # kept\r\n    await asyncio.sleep(2)\r\n" in fixed
    assert "\n" not in fixed.replace("\r\n", "")
    assert (tmp_path / "app.py").stat().st_mode & 0o777 == 0o640
    assert [entry.name for entry in tmp_path.iterdir()] == ["app.py"]
    assert outcome.code == 0
    assert outcome.err.splitlines() == ["clearway: fixed app.py", "clearway: 2 findings fixed"]
    assert len(analysis.requests) == 2
    again = check(None, "--fix")
    assert (tmp_path / "app.py").read_bytes().decode() == fixed
    assert again.err == "clearway: 0 findings fixed\n"


def test_fix_gives_up_on_edits_that_never_end(
    check: Check, analysis: Analysis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clearway.check.fix.together.applied", lambda text, fixes: (text + "#", ()))
    outcome = check(APP, "--fix")
    assert outcome.code == 1
    assert "there is still something to fix after 10 rounds" in outcome.err
    assert len(analysis.requests) == 11


def test_only_shown_findings_are_fixed(check: Check, tmp_path: Path) -> None:
    source = APP.replace("(1)", "(1)  # clearway: ignore[CW101] a test")
    check(source, "--fix")
    assert (tmp_path / "app.py").read_text() == source


def test_a_file_that_cannot_be_fixed_is_told(check: Check, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(text: str, fixes: object) -> tuple[str, tuple[object, ...]]:
        raise ValueError("line 1: invalid syntax")

    monkeypatch.setattr("clearway.check.fix.together.applied", refuse)
    outcome = check(APP, "--fix")
    assert outcome.code == 1
    assert "app.py: not fixed: line 1: invalid syntax" in outcome.err


def test_a_fix_through_a_link_leaves_the_link(check: Check, tmp_path: Path) -> None:
    target = tmp_path / "real.txt"
    target.write_text(APP)
    (tmp_path / "app.py").symlink_to(target)
    assert check(None, "--fix").code == 0
    assert (tmp_path / "app.py").is_symlink()
    assert "await asyncio.sleep(1)" in target.read_text()


def test_diff_shows_the_edits_and_changes_nothing(check: Check, tmp_path: Path) -> None:
    outcome = check(APP, "--diff")
    assert outcome.code == 1
    assert (tmp_path / "app.py").read_text() == APP
    assert outcome.err == "clearway: 1 file would change\n"
    patch = subprocess.run(["git", "apply", "-"], input=outcome.out, text=True, cwd=tmp_path, check=False)
    assert patch.returncode == 0
    assert "await asyncio.sleep(1)" in (tmp_path / "app.py").read_text()


def test_diff_of_a_file_without_a_last_line_end(check: Check, tmp_path: Path) -> None:
    outcome = check(APP.rstrip("\n"), "--diff")
    assert "\\ No newline at end of file\n" in outcome.out
    subprocess.run(["git", "apply", "-"], input=outcome.out, text=True, cwd=tmp_path, check=True)
    assert (tmp_path / "app.py").read_text().endswith("await asyncio.sleep(1)")


def test_a_baseline_lets_no_new_finding_in(check: Check, tmp_path: Path) -> None:
    outcome = check(APP, "--write-baseline")
    assert outcome.code == 0
    assert outcome.err == "clearway: 1 finding listed in clearway-baseline.json\n"
    arguments = ("--baseline", "clearway-baseline.json")
    assert check("# moved\n\n" + APP, *arguments).code == 0
    assert check(APP + "    time.sleep(2)\n", *arguments).code == 1
    gone = check(CLEAN, *arguments)
    assert gone.code == 0
    assert "1 entry can be removed" in gone.out
    assert check(APP).code == 1


def test_the_baseline_lies_beside_the_settings(check: Check, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "clearway.toml").write_text("")
    below = tmp_path / "below"
    below.mkdir()
    monkeypatch.chdir(below)
    check(APP, "--write-baseline")
    assert (tmp_path / "clearway-baseline.json").is_file()
    check(APP, "--write-baseline", "--baseline", "mine.json")
    assert (below / "mine.json").is_file()


def test_a_plan_is_written_for_run(check: Check, analysis: Analysis, tmp_path: Path) -> None:
    proven = replace(
        _root(),
        is_async=False,
        kind=RootKind.ENDPOINT,
        verdict=Verdict.CLEAN,
        advice=Advice(Lane.LOOP, "none", "1 call read"),
    )
    analysis.changes = {"roots": (proven,), "evidence": {"app:read_item": ("app.py",)}}
    outcome = check(CLEAN, "--write-plan", "plan.json")
    assert outcome.err == "clearway: plan plan.json: 1 of 1 calls on the loop\n"
    assert Plan.load(tmp_path / "plan.json").calls["app:read_item"].lane is Lane.LOOP


@pytest.mark.parametrize("code", ["CW101", "cw101"])
def test_explain_prints_the_rule_s_page(check: Check, code: str) -> None:
    outcome = check(None, "--explain", code)
    assert (outcome.code, outcome.out) == (0, "# Blocking\n\nWhat it does.\n")


def test_the_documentation_has_every_option() -> None:
    page = (Path(__file__).parents[2] / "docs" / "check.md").read_text()
    parser = argparse.ArgumentParser(add_help=False)
    verb.add_arguments(parser)
    options = [option for action in parser._actions for option in action.option_strings]
    assert len(options) > 10
    assert [option for option in options if f"`{option}" not in page] == []


def test_a_hostile_file_name_does_not_reach_the_terminal(check: Check, tmp_path: Path) -> None:
    (tmp_path / "\x1b[31mapp.py").write_text(APP)
    for arguments in [(), ("--format", "github"), ("--format", "json"), ("--format", "sarif"), ("--fix",)]:
        outcome = check(None, *arguments)
        assert "\x1b" not in outcome.out + outcome.err


def test_the_bar_is_for_a_terminal_and_stands_on_standard_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(progress, "SHORT_S", 0.0)
    with progress.TerminalProgress() as silent:
        silent.step("reading", 1, 2)
    assert capsys.readouterr() == ("", "")
    monkeypatch.setattr("sys.stderr", terminal := Terminal())
    with progress.TerminalProgress() as drawn:
        drawn.step("reading [red]", 0, 0)
        drawn.step("reading [red]", 1, 2)
    assert "reading [red]" in terminal.getvalue()
    assert capsys.readouterr().out == ""


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_reader_that_goes_away_does_not_change_the_exit_code(tmp_path: Path) -> None:
    """As `clearway check | head -1` does."""
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from clearway.cli import check, main\n"
        "from tests.cli.test_check import Analysis, Rule\n"
        "check._analysis = lambda: Analysis(Path.cwd())\n"
        "check._rules = lambda: {'CW101': Rule('CW101')}\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    (tmp_path / "app.py").write_text(APP + "    time.sleep(1)\n" * 3000)
    for form in ("text", "json"):
        process = subprocess.Popen(
            [sys.executable, "-c", program, "check", "--format", form],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(1)
        process.stdout.close()
        with process.stderr:
            assert process.stderr.read() == b""
        assert process.wait() == 1
