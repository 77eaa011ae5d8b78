"""The engine that asks pyrefly: found beside us, started with our own configuration, watched, and read."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import subprocess
import sysconfig
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from clearway.check.engine import EngineError
from clearway.check.engine.configuration import configuration
from clearway.check.engine.graph import ReportedCallGraph
from clearway.check.engine.process import Child
from clearway.check.engine.report import OtherFormat, Report
from clearway.check.engine.runs import SourceRoots
from clearway.check.engine.stubs import StubsInMemory

if TYPE_CHECKING:
    from clearway.check.engine.runs import Run
    from clearway.check.project import Project

VERSION = "1.4.1"
"""The one version whose report `report.py` reads."""

AT_ONCE = 2
"""Runs of one project at a time: each uses all processors, and some hundred MB."""

_COMMAND_TIMEOUT_S = 30.0
_FINISHED = (0, 1)
"""1 says that there are type errors, which there always are where no packages are to be seen."""


class Pyrefly:
    """Pyrefly, at the version that Clearway depends on."""

    name = "pyrefly"
    version = VERSION

    def __init__(self, executable: Path | None = None, timeout_s: float | None = None) -> None:
        """`executable` is the one of the `pyrefly` package beside us unless given.

        `timeout_s` is how long each run may take; by default a minute, and 20 s for every MB of source.
        """
        self._executable = executable
        self._timeout_s = timeout_s

    def start(self, project: Project, workplace: Path) -> PendingReports:
        """Begin to read the project. Returns at once. Raises EngineError."""
        executable = find_executable() if self._executable is None else self._executable.absolute()
        _check_version(executable)
        return PendingReports(project, workplace, executable, self._timeout_s)


class PendingReports:
    """Runs of pyrefly over one project: one, or one for each service where their module names collide."""

    def __init__(self, project: Project, workplace: Path, executable: Path, timeout_s: float | None) -> None:
        self._project = project
        self._roots = SourceRoots(project)
        self._executable = executable
        self._timeout_s = timeout_s
        self._graph: ReportedCallGraph | None = None
        self._cancelled = False
        try:
            self._folder = Path(tempfile.mkdtemp(prefix="pyrefly-", dir=workplace.absolute()))
        except OSError as error:
            raise EngineError(f"pyrefly has no place to write to: {workplace}: {error.strerror or error}") from None
        self._stubs = StubsInMemory()
        self._runs: tuple[Run, ...] = ()
        self._started: list[_RunningReport] = []
        try:
            self._runs = self._roots.runs()
            self._start_some()
        except BaseException:
            self.cancel()
            raise

    def wait(self) -> ReportedCallGraph:
        """The call graph, when all runs have ended. Raises EngineError."""
        if self._cancelled:
            raise EngineError("pyrefly was cancelled; run it again")
        if self._graph is None:
            try:
                self._graph = self._read()
            except BaseException:
                self.cancel()
                raise
        return self._graph

    def cancel(self) -> None:
        """Kill what runs, and remove all that was written, also by runs that have ended."""
        self._cancelled = True
        for running in self._started:
            running.child.kill()
        self._stubs.remove()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _start_some(self, ended: int = 0) -> None:
        while len(self._started) < min(len(self._runs), ended + AT_ONCE):
            folder = self._folder / str(len(self._started))
            run = self._runs[len(self._started)]
            self._started.append(_RunningReport(run, folder, self._stubs, self._executable, self._timeout_s))

    def _read(self) -> ReportedCallGraph:
        for number in range(len(self._runs)):
            self._started[number].wait()
            self._start_some(number + 1)
        self._stubs.begin_to_remove()
        reports = ((running.run, Report(running.report, VERSION)) for running in self._started)
        return ReportedCallGraph(self._project.files, self._roots, reports)


class _RunningReport:
    """One run of pyrefly."""

    def __init__(self, run: Run, folder: Path, stubs: StubsInMemory, executable: Path, timeout_s: float | None) -> None:
        self.run = run
        self.report = folder / "report"
        self._timeout_s = _timeout_s(run) if timeout_s is None else timeout_s
        settings = folder / "pyrefly.toml"
        try:
            folder.mkdir()
            stubs.place(self.report)
            settings.write_text(configuration(run), encoding="utf-8")
        except OSError as error:
            raise EngineError(f"pyrefly's folder {folder}: {error.strerror or error}") from None
        command = [os.fspath(executable), "check", "-c", os.fspath(settings)]
        command += ["--report-pysa", os.fspath(self.report), "--report-pysa-format", "json"]
        command += ["--output-format", "omit-errors", "--summary=none", "--progress-bar", "no", "--color", "never"]
        self.child = Child(command, folder, f"pyrefly {VERSION}")

    def wait(self) -> None:
        self.child.wait(self._timeout_s, _FINISHED)
        if not (self.report / Report.INDEX).exists():
            raise EngineError(f"pyrefly {VERSION} ended without a report: {self.child.reason()}")


def find_executable() -> Path:
    """The program that the `pyrefly` package of this environment has installed. Raises EngineError."""
    name = "pyrefly" + (sysconfig.get_config_var("EXE") or "")
    candidates = [Path(sysconfig.get_path("scripts")) / name]
    try:
        package = importlib.metadata.distribution("pyrefly")
    except importlib.metadata.PackageNotFoundError:
        pass
    else:
        installed = [Path(str(package.locate_file(file))) for file in package.files or () if file.name == name]
        candidates = [*installed, *candidates]
    for candidate in candidates:
        if candidate.is_file():
            return candidate.resolve()
    raise EngineError(f"pyrefly is not installed beside Clearway; install pyrefly=={VERSION}")


def _check_version(executable: Path) -> None:
    try:
        done = subprocess.run(
            [executable, "--version"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_COMMAND_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise EngineError(f"pyrefly does not answer ({executable}); install pyrefly=={VERSION}") from None
    except OSError as error:
        raise EngineError(
            f"pyrefly cannot be started: {error.strerror or error} ({executable}); install pyrefly=={VERSION}"
        ) from None
    name, _, version = done.stdout.strip().partition(" ")
    if done.returncode != 0 or name != "pyrefly":
        raise EngineError(f"{executable} is no pyrefly; install pyrefly=={VERSION}")
    if version != VERSION:
        spoken = version.split()[0][:40] if version.split() else "of no version"
        raise OtherFormat(spoken, VERSION)


def _timeout_s(run: Run) -> float:
    size = 0
    for file in run.files:
        try:
            size += file.path.stat().st_size
        except OSError:  # gone meanwhile: it stays unanswered
            continue
    return 60 + 20 * size / 1_000_000
