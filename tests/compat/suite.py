"""One framework's test suite: how it is run, and what came of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.compat import exclusions
from tests.compat.sdist import CACHE, HERE, ROOT, Sdist, SuiteError, pinned

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from tests.compat.exclusions import Exclusion

PYTHON = ROOT / ".venv-compat" / "bin" / "python"
CLOSING_LINES = 25
LIMIT_S = 900.0
"""Longer than any run takes. A process that does not end is a failure too."""
WORKERS = ("-n", "2", "--dist", "loadgroup", "-o", "faulthandler_timeout=60")
"""Where pytest-timeout cannot end a test that hangs, its stacks are printed."""
EXCLUDED = ("-n", "2", "--dist", "load", "--timeout", "10", "--timeout-method", "thread", "--tb", "no")
"""How the excluded tests are run on their own: one that hangs takes its worker with it."""


@dataclass(frozen=True, slots=True)
class Suite:
    """How a framework runs its own tests."""

    package: str
    testpaths: str
    options: tuple[str, ...] = ()
    pythonpath: tuple[str, ...] = ()


SUITES = {
    # as scripts/test.sh of its source distribution
    "fastapi": Suite("fastapi", "tests scripts/tests", WORKERS, ("docs_src",)),
    "starlette": Suite("starlette", "tests", (*WORKERS, "--timeout", "20")),
}


@dataclass(slots=True)
class Result:
    """What came of a suite."""

    suite: str
    version: str
    plain: bool
    seconds: float = 0.0
    counts: Mapping[str, int] = field(default_factory=dict)
    clearway: Mapping[str, int] = field(default_factory=dict)
    faults: Mapping[str, int] = field(default_factory=dict)
    """What Clearway itself got wrong, and how often."""
    excluded: Sequence[Exclusion] = ()
    closing: Sequence[str] = ()
    """pytest's own last lines."""
    problems: list[str] = field(default_factory=list)
    """Why the run is a failure. Empty: it is none."""


@dataclass(frozen=True, slots=True)
class Run:
    """One pytest process."""

    exit_code: int
    output: Sequence[str]
    seconds: float
    report: Mapping[str, Any]


def run(name: str, *, plain: bool, arguments: Sequence[str] = ()) -> Result:
    """Run a suite, then on their own the tests excluded from it."""
    suite = SUITES[name]
    sdist = pinned(suite.package)
    result = Result(name, sdist.version, plain)
    require_same_versions(sdist)
    excluded = exclusions.load(name, plain=plain)
    folder = sdist.unpack(sdist.fetch(PYTHON))
    print(f"\n== {name} {sdist.version} {'without' if plain else 'with'} Clearway ==", flush=True)
    first = run_pytest(suite, folder, [*suite.options, *arguments], plain=plain, excluded=excluded)
    judge(result, first, excluded, whole=not arguments)
    if result.excluded:
        print("\n-- the excluded tests on their own: each has to fail --", flush=True)
        tests = [each.test for each in result.excluded]
        again = run_pytest(suite, folder, [*EXCLUDED, *tests], plain=plain)
        result.problems += exclusions.stale(result.excluded, again.report.get("outcomes", {}))
    return result


def judge(result: Result, first: Run, excluded: Sequence[Exclusion], *, whole: bool) -> None:
    """Fill in the result of a suite's run. `whole` is false where only some of its tests were asked for."""
    result.seconds = first.seconds
    result.counts = first.report.get("counts", {})
    result.clearway = first.report.get("clearway", {})
    result.faults = first.report.get("faults", {})
    result.closing = first.output[-CLOSING_LINES:]
    deselected = first.report.get("deselected", [])
    result.excluded = [each for each in excluded if each.test in deselected]
    if first.exit_code:
        result.problems.append(f"pytest ended with exit code {first.exit_code}")
    if not result.counts.get("passed"):
        result.problems.append("no test passed")
    if not result.plain and not result.clearway.get("apps"):
        result.problems.append("Clearway was installed on no app")
    if not result.plain and whole and not result.clearway.get("calls"):
        result.problems.append("no call went through Clearway's lanes")
    if result.faults:
        result.problems.append("Clearway itself failed; the tests saw the framework's own way instead")
    if whole:
        result.problems += exclusions.unknown(excluded, deselected)


def run_pytest(
    suite: Suite,
    folder: Path,
    arguments: Sequence[str],
    *,
    plain: bool,
    excluded: Sequence[Exclusion] = (),
) -> Run:
    """Run pytest as the suite's own project would, with the plugin; show its output while it runs."""
    report = CACHE / f"{suite.package}-report.json"
    report.unlink(missing_ok=True)
    path = [ROOT / "src", HERE / "inside", *(folder / each for each in suite.pythonpath)]
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")},
        "PYTHONPATH": os.pathsep.join(str(each) for each in path),
        "CLEARWAY_COMPAT": "plain" if plain else "installed",
        "CLEARWAY_COMPAT_EXCLUDED": json.dumps([each.test for each in excluded]),
        "CLEARWAY_COMPAT_REPORT": str(report),
    }
    command = [
        str(PYTHON), "-m", "pytest", "--rootdir", str(folder), "-c", str(folder / "pyproject.toml"),
        "-p", "clearway_compat", "-p", "no:cacheprovider", "-o", f"testpaths={suite.testpaths}", *arguments,
    ]  # fmt: skip
    started = time.perf_counter()
    exit_code, output = stream(command, folder, environment)
    seconds = time.perf_counter() - started
    found = json.loads(report.read_text(encoding="utf-8")) if report.is_file() else {}
    return Run(exit_code, output, seconds, found)


def stream(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> tuple[int, list[str]]:
    """Run a command, print its lines as they come, and return them with its exit code."""
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=dict(environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    )
    limit = threading.Timer(LIMIT_S, process.kill)
    limit.daemon = True
    limit.start()
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        sys.stdout.write(line)
        sys.stdout.flush()
        lines.append(line.rstrip("\n"))
    exit_code = process.wait()
    limit.cancel()
    return exit_code, lines


def require_same_versions(sdist: Sdist) -> None:
    """The suite must be that of the installed framework."""
    if not PYTHON.is_file():
        raise SuiteError(f"{PYTHON} does not exist; run `make compat`")
    code = f"import importlib.metadata as m; print(m.version({sdist.name!r}))"
    command = [str(PYTHON), "-c", code]
    installed = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    if installed != sdist.version:
        raise SuiteError(
            f"{sdist.name} {installed} is installed, but sdists.txt pins the suite of {sdist.version}; "
            "pin the same version and run `make compat`"
        )
