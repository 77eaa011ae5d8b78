"""`clearway check`: what blocks the loop, as a report, as edits, as a plan."""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
import shlex
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clearway.check.baseline import DEFAULT_NAME as BASELINE_NAME
from clearway.check.baseline import Baseline
from clearway.check.plan import plan_of
from clearway.check.report.lines import printable
from clearway.check.report.place import Place
from clearway.check.report.selection import Selection, select
from clearway.check.request import Request
from clearway.cli.place import described
from clearway.cli.progress import TerminalProgress
from clearway.cli.report import complain
from clearway.model import ClearwayError, Lane, SettingsError, Severity, shown
from clearway.settings import Settings, suggest

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping
    from typing import TextIO

    from clearway.check.report.sarif import RuleDoc
    from clearway.check.result import Result

FORMATS = ("text", "json", "sarif", "github")
LEVELS = tuple(str(severity) for severity in Severity)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("paths", nargs="*", metavar="PATH", help="files and folders to check (default: the working folder)")
    add("--format", choices=FORMATS, help="how to report (default: text)")
    add("--level", choices=LEVELS, help="the least severe findings to show (default: warning)")
    add("--fail-on", choices=LEVELS, default="error", help="exit with 1 for these, if shown (default: %(default)s)")
    add("--all", action="store_true", help="check every async def, not only what an app runs")
    add("--python", metavar="EXE", help="interpreter whose installed packages are read (default: the project's)")
    add("--src", type=Path, action="append", default=[], metavar="DIR", help="folder that imports start from")
    edits = parser.add_mutually_exclusive_group()
    edits.add_argument("--fix", action="store_true", help="make the edits that are safe, then report what is left")
    edits.add_argument("--diff", action="store_true", help="show those edits, change nothing")
    add("--baseline", type=Path, metavar="FILE", help="leave out the findings that this file lists")
    add("--write-baseline", action="store_true", help=f"list today's findings there (default: {BASELINE_NAME})")
    add("--write-plan", type=Path, metavar="FILE", help="write the lanes of all calls for clearway run --plan")
    add("--output", type=Path, metavar="FILE", help="write the report there")
    add("--settings", type=Path, metavar="FILE", help="settings file, instead of the nearest one")
    add("--no-cache", action="store_true", help="read everything anew")
    add("--explain", metavar="CODE", help="say what a rule means, and what to write instead")
    add("--verbose", action="store_true", help="tracebacks with errors")


def run(args: argparse.Namespace) -> int:
    """Check and report; returns the exit code. Raises ClearwayError for what cannot be carried out."""
    # A name or a line may hold what the terminal's encoding has no character for.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        return _explain(args.explain) if args.explain else _Check(args).run()
    except KeyboardInterrupt:
        raise ClearwayError("stopped before the check was done") from None
    except (ClearwayError, BrokenPipeError):
        raise
    except Exception as error:
        text = described(error)
        raise ClearwayError(f"the check itself failed, please report it: {text} (--verbose says more)") from error


@dataclass(frozen=True, slots=True)
class _Options:
    """The levels that go together."""

    level: Severity
    fail_on: Severity

    @classmethod
    def of(cls, args: argparse.Namespace) -> _Options:
        fail_on = Severity(args.fail_on)
        # What is to fail has to be seen.
        usual = max(Severity.WARNING, fail_on, key=lambda severity: severity.rank)
        return cls(usual if args.level is None else Severity(args.level), fail_on)


class _Check:
    """One command line, carried out."""

    def __init__(self, args: argparse.Namespace) -> None:
        self.args = args
        self.options = _Options.of(args)
        self.paths = tuple(Path(path) for path in args.paths) or (Path(),)
        self.settings_file = args.settings or Settings.locate(_folder_of(self.paths))
        self.settings = Settings.read(self.settings_file) if self.settings_file else Settings()
        self.rules = _rules()
        for code in self.settings.ignore:
            if code not in self.rules:
                raise SettingsError(f"{self.settings_file}: ignore: unknown rule {code!r}{suggest(code, self.rules)}")
        for option, path in (("--output", args.output), ("--write-plan", args.write_plan)):
            if path is not None and not path.parent.is_dir():  # said before the work is done, not after
                raise ClearwayError(f"{option} {path}: there is no folder {path.parent}")
        reads = args.baseline is not None and not args.write_baseline
        self.baseline = Baseline.load(args.baseline) if reads else None

    def run(self) -> int:
        selection = self.select()
        if self.args.diff:
            self.diff(selection)
        elif self.args.fix:
            selection = self.fix(selection)
        if self.args.write_baseline:
            selection = self.write_baseline(selection)
        if self.args.write_plan is not None:
            self.write_plan(selection)
        if not self.args.diff or self.args.output is not None:  # a diff has standard output for itself
            self.report(selection)
        if not selection.result.files and selection.result.skipped:
            first = selection.result.skipped[0]
            complain(f"nothing was checked: {first.file}: {first.reason}")
            return 2
        return 1 if selection.fails(self.options.fail_on) else 0

    def select(self) -> Selection:
        """Analyse the project as it is now, and sort what was found."""
        with TerminalProgress() as progress:
            request = Request(
                paths=self.paths,
                src=tuple(self.args.src),
                python=self.args.python,
                all_roots=self.args.all,
                settings=self.settings,
                progress=progress,
                use_cache=not self.args.no_cache,
            )
            result: Result = _analysis().check(request)
        return select(
            result,
            self.rules,
            level=self.options.level,
            switched_off=self.settings.ignore,
            baseline=self.baseline,
            tell_unused=all(path.is_dir() for path in self.paths),  # single files are only a part of a project
        )

    def diff(self, selection: Selection) -> None:
        from clearway.cli.fixing import diff_lines, edits_of

        edits, notes = edits_of(selection)
        lines = diff_lines(edits)
        if sys.stdout.isatty():
            lines = (f"{printable(line.rstrip())}\n" for line in lines)
        _print("".join(lines), sys.stdout)
        _note(*notes, f"{len(edits)} file{'' if len(edits) == 1 else 's'} would change")

    def fix(self, selection: Selection) -> Selection:
        from clearway.cli.fixing import fix_all

        fixed = fix_all(selection, self.select)
        _note(*(f"fixed {file}" for file in fixed.files), *fixed.notes)
        _note(f"{fixed.findings} finding{'' if fixed.findings == 1 else 's'} fixed")
        return fixed.selection

    def write_baseline(self, selection: Selection) -> Selection:
        beside = self.settings_file.parent if self.settings_file else selection.result.root
        path = self.args.baseline or beside / BASELINE_NAME
        self.baseline = Baseline.of(selection.shown)
        self.baseline.dump(path)
        count = len(self.baseline.entries)
        _note(f"{count} finding{'' if count == 1 else 's'} listed in {shown(path.absolute())}")
        return replace(selection, shown=(), known=selection.known + selection.shown)

    def write_plan(self, selection: Selection) -> None:
        path: Path = self.args.write_plan
        plan = plan_of(selection.result, path)
        try:
            plan.dump(path)
        except OSError as error:
            raise ClearwayError(f"--write-plan {path}: {error.strerror or error}") from None
        placed = [call for call in plan.calls.values() if not call.blocks]
        on_loop = sum(call.lane is Lane.LOOP for call in placed)
        blocking = len(plan.calls) - len(placed)
        _note(
            f"plan {shown(path.absolute())}: {on_loop} of {len(placed)} calls on the loop"
            + (f", {blocking} known to block it: for --contain" if blocking else "")
        )

    def report(self, selection: Selection) -> None:
        path: Path | None = self.args.output
        if path is None:
            _print_report(self, selection, sys.stdout)
            return
        text = io.StringIO()
        _print_report(self, selection, text)
        try:
            path.write_text(text.getvalue(), encoding="utf-8", errors="backslashreplace")
        except OSError as error:
            raise ClearwayError(f"--output {path}: {error.strerror or error}") from None


def _print_report(check: _Check, selection: Selection, stream: TextIO) -> None:
    form = check.args.format or "text"
    workspace = os.environ.get("GITHUB_WORKSPACE")
    place = Place(selection.result.root, Path(workspace) if workspace else None)
    if form == "text":
        from clearway.check.report.text import console_on, render

        with _quiet_pipe(stream):
            render(selection, console_on(stream), _typed(check.args))
    elif form == "json":
        from clearway.check.report.contract import as_json

        _print(json.dumps(as_json(selection), indent=2) + "\n", stream)
    elif form == "sarif":
        from clearway.check.report.sarif import as_sarif
        from clearway.cli import version

        _print(json.dumps(as_sarif(selection, check.rules, place, version()), indent=2) + "\n", stream)
    else:
        from clearway.check.report.github import workflow_commands

        _print("".join(f"{line}\n" for line in workflow_commands(selection, place)), stream)


def _typed(args: argparse.Namespace) -> str:
    """The command to go on with: what says which code is meant."""
    words = ["clearway", "check", *args.paths]
    words += [word for folder in args.src for word in ("--src", str(folder))]
    words += ["--python", args.python] if args.python else []
    return shlex.join(words)


def _explain(code: str) -> int:
    rules = _rules()
    rule = rules.get(code.upper())
    if rule is None:
        raise ClearwayError(f"--explain: unknown rule {code!r}{suggest(code, rules)}")
    if sys.stdout.isatty():
        from rich.console import Console
        from rich.markdown import Markdown

        Console().print(Markdown(rule.documentation))
    else:
        _print(f"{rule.documentation.strip()}\n", sys.stdout)
    return 0


def _rules() -> Mapping[str, RuleDoc]:
    rules: Mapping[str, RuleDoc] = importlib.import_module("clearway.check.rules").RULES
    return rules


def _analysis() -> Any:
    return importlib.import_module("clearway.check.cached")


def _folder_of(paths: tuple[Path, ...]) -> Path:
    """The folder whose settings count: that of all the paths together."""
    try:
        common = Path(os.path.commonpath([path.absolute() for path in paths]))
    except ValueError:  # several drives
        common = Path.cwd()
    return common if common.is_dir() else common.parent


def _note(*lines: str) -> None:
    """Tell what was done, beside the report."""
    with contextlib.suppress(OSError):  # nobody reads it: the report is what counts
        for line in lines:
            print(f"clearway: {printable(line)}", file=sys.stderr, flush=True)


def _print(text: str, stream: TextIO) -> None:
    with _quiet_pipe(stream):
        stream.write(text)
        stream.flush()


@contextlib.contextmanager
def _quiet_pipe(stream: TextIO) -> Iterator[None]:
    """Whoever read our output may have gone, as `head` does: the exit code is still that of the findings."""
    try:
        yield
        stream.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
