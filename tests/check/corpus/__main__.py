"""`python -m tests.check.corpus [--jobs N] [GROUP | GROUP/NAME …] [-- ARGUMENT …]`: how the checker does, by group.

What follows `--` goes to `clearway check` as well.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter, defaultdict
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from tests.check.corpus.case import all_cases, load, name_of
from tests.check.corpus.judge import Difference, Fault, check


def examine(path: Path, arguments: tuple[str, ...]) -> list[Difference]:
    """One case, in a process of its own pool."""
    return check(load(path), arguments)


def main(argv: list[str]) -> int:
    """Print a table; the exit code is 1 where a case differs."""
    cut = argv.index("--") if "--" in argv else len(argv)
    parser = argparse.ArgumentParser(prog="python -m tests.check.corpus", description="Runs the checker's corpus.")
    parser.add_argument("names", nargs="*", metavar="GROUP or GROUP/NAME")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--quiet", action="store_true", help="only the table")
    args = parser.parse_args(argv[:cut])
    paths = [path for path in all_cases() if not args.names or {name_of(path), path.parent.name} & set(args.names)]
    if not paths:
        parser.error(f"no case is named {' '.join(args.names)}")
    with ProcessPoolExecutor(args.jobs) as pool:
        results = list(pool.map(partial(examine, arguments=tuple(argv[cut + 1 :])), paths))
    tally: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for path, differences in zip(paths, results, strict=True):
        for key in (path.parent.name, "all"):
            tally[key]["cases"] += 1
            tally[key]["right"] += not differences
            tally[key]["alarming"] += load(path).must_alarm
            tally[key].update({difference.fault for difference in differences})
        if differences and not args.quiet:
            print(name_of(path), *differences, sep="\n    ")
    columns = ["cases", "alarming", "right", *Fault]
    print(f"\n{'':<16}", *(f"{column:>12}" for column in columns))
    for group, counts in sorted(tally.items(), key=lambda item: (item[0] == "all", item[0])):
        print(f"{group:<16}", *(f"{counts[column]:>12}" for column in columns))
    print(
        "\nCases, and how many show a fault of each kind. `alarming`: something of level error or warning is expected."
    )
    return 1 if any(results) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
