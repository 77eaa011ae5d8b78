"""`python -m benchmarks.check`: the checker beside the report that it rests on, and beside flake8-async, in one run."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.dependencies import write_uses
from benchmarks.generated import write_service

FLAKE8 = ("flake8==7.5.0", "flake8-async==26.8.1")
DONE, MISSED, COULD_NOT = 0, 1, 2
TIMEOUT_S = 1800.0
ROOT = Path(__file__).parent.parent
FUNCTION = "\n\ndef changed_{0}(value: int) -> int:\n    return value + 1\n"
CLASS = "\n\nclass Changed{0}:\n    def method(self) -> int:\n        return 1\n"
"""What is added to a file: classes may override methods that others call, so each has the engine read all anew."""
REPORT = """
import sys, tempfile, time
from pathlib import Path
from clearway.check.engine.pyrefly import Pyrefly
from clearway.check.project import find_project
project = find_project((Path(sys.argv[1]),))
with tempfile.TemporaryDirectory() as place:
    started = time.perf_counter()
    pending = Pyrefly().start(project, Path(place))
    try:
        pending.wait()
        print(time.perf_counter() - started)
    finally:
        pending.cancel()
"""


class CannotRun(Exception):
    """A measurement is impossible here; the message says why."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a row must not exceed."""

    most: float
    of: str | None = None
    """The row whose median it is a multiple of; None for seconds, or MB."""


@dataclass(slots=True)
class Row:
    """One way to look at the tree."""

    name: str
    measure: Callable[[], tuple[float, float, float]]
    """Seconds, MB and processor seconds of one repetition."""
    target: Target | None = None
    seconds: list[float] = field(default_factory=list)
    megabytes: float = 0.0
    processor_s: list[float] = field(default_factory=list)
    """Of all its processes: what a machine that others use lengthens least."""

    @property
    def median_s(self) -> float:
        return statistics.median(self.seconds)

    def repeat(self) -> None:
        seconds, megabytes, processor_s = self.measure()
        self.seconds.append(seconds)
        self.processor_s.append(processor_s)
        self.megabytes = max(self.megabytes, megabytes)


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code: 0 when everything was measured, 1 with `--strict` and a missed target, 2 when something could not."""
    options = _parser().parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="clearway-bench-") as folder:
        place = Path(folder)
        try:
            lines = _tree(options, place / "tree")
            notes: list[str] = []
            rows = _rows(place, notes, with_flake8=not options.no_flake8)
            if options.dependencies is not None:
                rows += _with_dependencies(place, options.dependencies)
            for _ in range(options.repeat):  # interleaved: what disturbs the machine disturbs all of them
                for row in rows:
                    row.repeat()
        except (CannotRun, OSError, subprocess.SubprocessError) as error:
            print(f"benchmarks.check: {error}", file=sys.stderr)
            return COULD_NOT
    verdicts = list(_verdicts(rows, lines))
    print(_table(rows, verdicts, lines, options.repeat))
    for note in notes:
        print(note)
    if options.json is not None:
        options.json.write_text(json.dumps(_as_json(rows, verdicts, lines, notes), indent=1) + "\n", encoding="utf-8")
    return MISSED if options.strict and not all(met for *_, met in verdicts) else DONE


def _tree(options: argparse.Namespace, tree: Path) -> int:
    """Put the tree there, and count its lines."""
    if options.tree is None:
        return write_service(tree, options.lines)
    if not options.tree.is_dir():
        raise CannotRun(f"--tree {options.tree}: there is no such folder")
    shutil.copytree(options.tree, tree, symlinks=True, ignore=shutil.ignore_patterns("__pycache__", "node_modules"))
    return sum(path.read_bytes().count(b"\n") for path in tree.rglob("*.py") if path.is_file())


def _rows(place: Path, notes: list[str], *, with_flake8: bool) -> list[Row]:
    tree, cache = place / "tree", place / "cache"
    check = [sys.executable, "-m", "clearway", "check", str(tree), "--format", "json"]
    changing = max(tree.rglob("*.py"), key=lambda path: (path.name == "routes.py", path.stat().st_size, str(path)))

    def report() -> tuple[float, float, float]:
        done, _, megabytes, processor_s = _run([sys.executable, "-c", REPORT, str(tree)], cache)
        return float(done), megabytes, processor_s

    def checked(*options: str) -> tuple[float, float, float]:
        return _run([*check, *options], cache, (0, 1))[1:]

    def cold() -> tuple[float, float, float]:
        shutil.rmtree(cache, ignore_errors=True)
        return checked()

    def changed(text: str) -> tuple[float, float, float]:
        with changing.open("a", encoding="utf-8") as file:
            file.write(text.format(time.time_ns()))
        return checked()

    rows = [
        Row("report alone", report),
        Row("first run", cold),
        Row("again, no result cached", lambda: checked("--no-cache"), Target(3, "report alone")),
        Row("one file changed", lambda: changed(FUNCTION), Target(2, "report alone")),
        Row("one class more", lambda: changed(CLASS), Target(2, "report alone")),
        Row("nothing changed", checked, Target(1)),
    ]
    if not with_flake8:
        return rows
    try:
        flake8 = _flake8(place / "flake8")
    except CannotRun as error:
        notes.append(f"flake8-async was left out: {error}")
        return rows
    peer = [str(flake8), "-m", "flake8", "--isolated", "--select=ASYNC", "--exit-zero", str(tree)]

    def linted() -> tuple[float, float, float]:
        return _run(peer, cache)[1:]

    rows.append(Row("flake8-async", linted))
    return rows


def _with_dependencies(place: Path, python: str) -> list[Row]:
    """Rows for a service that uses all packages of an environment."""
    tree, cache = place / "uses", place / "cache-of-uses"
    lines, distributions = write_uses(tree, python)
    if lines == 0:
        raise CannotRun(f"--dependencies {python}: no package of this environment can be used")
    check = [sys.executable, "-m", "clearway", "check", str(tree), "--format", "json", "--python", python]

    def checked(*options: str) -> tuple[float, float, float]:
        return _run([*check, *options], cache, (0, 1))[1:]

    def cold() -> tuple[float, float, float]:
        shutil.rmtree(cache, ignore_errors=True)
        return checked()

    return [
        Row(f"first run, {distributions} dependencies", cold, Target(30)),
        Row(f"again, {distributions} dependencies, no result cached", lambda: checked("--no-cache")),
        Row(f"nothing changed, {distributions} dependencies", checked, Target(1)),
    ]


def _flake8(folder: Path) -> Path:
    """An interpreter that has flake8-async, in an environment of its own."""
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    try:
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True, capture_output=True, timeout=120)
        install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *FLAKE8]
        subprocess.run(install, check=True, capture_output=True, timeout=300, text=True)
    except subprocess.CalledProcessError as error:
        lines = (error.stderr or "").strip().splitlines()
        raise CannotRun(lines[-1] if lines else f"{error.cmd[0]} failed") from None
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CannotRun(str(error)) from None
    return python


def _run(command: list[str], cache: Path, expected: tuple[int, ...] = (0,)) -> tuple[str, float, float, float]:
    """Standard output, seconds, the MB of the largest process of a command, and the processor seconds of all."""
    environment = {**os.environ, "CLEARWAY_CACHE_DIR": str(cache)}
    environment["PYTHONPATH"] = os.pathsep.join([str(ROOT / "src"), environment.get("PYTHONPATH", "")])
    with _largest() as largest, tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as errors:
        started = time.perf_counter()
        child = subprocess.Popen(command, stdout=out, stderr=errors, env=environment)
        megabytes, processor_s = largest(child)
        seconds = time.perf_counter() - started
        if child.returncode not in expected:
            errors.seek(0)
            raise CannotRun(f"{' '.join(command[:5])} … ended with {child.returncode}: {errors.read()[-300:].strip()}")
        out.seek(0)
        return out.read(), seconds, megabytes, processor_s


@contextmanager
def _largest() -> Iterator[Callable[[subprocess.Popen[bytes]], tuple[float, float]]]:
    """Waits for a child; the MB of the largest process among it and its own children, and the processor seconds of
    all, 0 where none can tell.
    """
    running: list[subprocess.Popen[bytes]] = []

    def wait(child: subprocess.Popen[bytes]) -> tuple[float, float]:
        running.append(child)
        if not hasattr(os, "wait4"):
            child.wait(TIMEOUT_S)
            return 0.0, 0.0
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        megabytes = usage.ru_maxrss / (1_000_000 if sys.platform == "darwin" else 1000)
        return megabytes, usage.ru_utime + usage.ru_stime

    try:
        yield wait
    finally:
        for child in running:
            if child.returncode is None:
                child.kill()
                child.wait()


def _verdicts(rows: list[Row], lines: int) -> Iterator[tuple[str, str, bool]]:
    """(what, how it came out, whether it is met) for each target."""
    by_name = {row.name: row for row in rows}
    for row in rows:
        if row.target is None:
            continue
        if row.target.of is None:
            yield f"{row.name} ≤ {row.target.most:g} s", f"{row.median_s:.2f} s", row.median_s <= row.target.most
        else:
            ratio = row.median_s / by_name[row.target.of].median_s
            yield f"{row.name} ≤ {row.target.most:g} × {row.target.of}", f"{ratio:.2f} ×", ratio <= row.target.most
    again, peer = by_name["again, no result cached"], by_name.get("flake8-async")
    if peer is not None:
        ratio = again.median_s / peer.median_s
        yield "again < flake8-async", f"{ratio:.2f} ×", ratio < 1
    most = max(row.megabytes for row in rows if row is not peer)
    yield f"memory ≤ 1000 MB ({lines:,} lines)", f"{most:.0f} MB", most <= 1000


def _table(rows: list[Row], verdicts: list[tuple[str, str, bool]], lines: int, repeat: int) -> str:
    width = max(len(row.name) for row in rows)
    text = [f"{lines:,} lines, median of {repeat}, Python {sys.version.split()[0]}, {os.cpu_count()} processors", ""]
    for row in rows:
        spread = f"{min(row.seconds):.2f} to {max(row.seconds):.2f}"
        used = f"{row.megabytes:6.0f} MB  {min(row.processor_s):7.2f} s of processors"
        text.append(f"{row.name:<{width}}  {row.median_s:8.2f} s  ({spread})  {used}")
    text.append("")
    text += [f"{'met   ' if met else 'MISSED'}  {what}: {came_out}" for what, came_out, met in verdicts]
    return "\n".join(text)


def _as_json(rows: list[Row], verdicts: list[tuple[str, str, bool]], lines: int, notes: list[str]) -> dict[str, Any]:
    return {
        "schema": "clearway.benchmarks.check/1",
        "lines": lines,
        "python": sys.version.split()[0],
        "processors": os.cpu_count(),
        "rows": [
            {
                "name": row.name,
                "seconds": row.seconds,
                "megabytes": round(row.megabytes),
                "processor_s": row.processor_s,
            }
            for row in rows
        ],
        "targets": [{"target": what, "result": came_out, "met": met} for what, came_out, met in verdicts],
        "notes": notes,
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.check", description=__doc__)
    parser.add_argument("--lines", type=int, default=60_000, help="of the generated service (default: %(default)s)")
    parser.add_argument("--tree", type=Path, metavar="PATH", help="a copy of this service, instead")
    parser.add_argument("--repeat", type=int, default=3, metavar="N", help="repetitions (default: %(default)s)")
    parser.add_argument("--dependencies", metavar="PYTHON", help="also a service that uses all packages of this one")
    parser.add_argument("--no-flake8", action="store_true", help="leave flake8-async out")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results there")
    parser.add_argument("--strict", action="store_true", help="exit with 1 when a target is missed")
    return parser


if __name__ == "__main__":
    sys.exit(main())
