"""`python -m benchmarks`: Clearway beside plain uvicorn, in one run."""

from __future__ import annotations

import argparse
import difflib
import json
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any

from benchmarks import cases, chart, machine, wrk
from benchmarks.effort import FULL, QUICK, Effort
from benchmarks.result import Outcome
from benchmarks.servers import ServerError
from benchmarks.table import summary, table

RESULTS = Path(__file__).parent / "results"
DONE, MISSED, COULD_NOT = 0, 1, 2
QUIET_LOAD = 0.5
"""A load average that leaves the processors to the benchmark."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code: 0 when every case ran, 1 with `--strict` and a missed target, 2 when one could not run."""
    options = _parser().parse_args(arguments)
    try:
        chosen = _chosen(options.only)
        wrk.require_wrk()
    except (ValueError, wrk.WrkError) as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return COULD_NOT
    signal.signal(signal.SIGTERM, _interrupt)
    effort = QUICK if options.quick else FULL
    if options.noise:
        effort = replace(effort, opponent="plain")
    about = machine.describe(options.quick, options.noise)
    started = time.monotonic()
    outcomes: list[Outcome] = []
    try:
        for case in chosen:
            print(f"{case.name} …", file=sys.stderr, flush=True)
            outcomes.append(_run(case, effort))
    except KeyboardInterrupt:
        print("benchmarks: interrupted; the servers are stopped", file=sys.stderr)
        return COULD_NOT
    about["seconds"] = round(time.monotonic() - started, 1)
    _report(outcomes, options, about)
    if any(outcome.failure for outcome in outcomes):
        return COULD_NOT
    return MISSED if options.strict and any(outcome.missed for outcome in outcomes) else DONE


def _run(case: cases.Case, effort: Effort) -> Outcome:
    """A case that cannot be measured does not keep the others from it."""
    started = time.monotonic()
    try:
        outcome = case.run(effort)
    except (ServerError, wrk.WrkError, OSError, subprocess.SubprocessError) as error:
        outcome = Outcome(case.name, (), failure=str(error) or type(error).__name__)
    return replace(outcome, seconds=time.monotonic() - started)


def _chosen(names: Sequence[str]) -> Sequence[cases.Case]:
    known = {case.name: case for case in cases.ALL}
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
            raise ValueError(f"there is no case {name}; {hint}")
    return [case for case in cases.ALL if not names or case.name in names]


def _report(outcomes: list[Outcome], options: argparse.Namespace, about: dict[str, Any]) -> None:
    print(table(outcomes))
    if about["load_average"] > QUIET_LOAD:
        print(f"\nThe machine was not quiet: load average {about['load_average']} before the run.")
    print(f"\n{summary(outcomes)}. {machine.caption(about)}. {about['seconds']:.0f} s.")
    data = {
        "schema": "clearway.benchmarks/1",
        "meta": about,
        "cases": [outcome.as_json() for outcome in outcomes],
    }
    failed = any(outcome.failure for outcome in outcomes)
    whole_run = not (options.only or options.noise or failed)
    if options.json is None and not whole_run:
        return  # a part of a run does not replace the results of a whole one
    path: Path = options.json or RESULTS / "results.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    written = [path]
    if whole_run:
        RESULTS.mkdir(exist_ok=True)
        written += chart.draw(outcomes, machine.caption(about), RESULTS)
    print("written:", ", ".join(str(one) for one in written))


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="shorter and fewer measurements, at most 2.5 minutes")
    parser.add_argument("--only", action="append", default=[], metavar="NAME", help="this case; can be repeated")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results there")
    parser.add_argument("--strict", action="store_true", help="exit with 1 when a target is missed")
    parser.add_argument("--noise", action="store_true", help="plain uvicorn beside itself: what the noise alone gives")
    return parser


if __name__ == "__main__":
    sys.exit(main())
