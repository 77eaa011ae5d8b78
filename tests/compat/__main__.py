"""`python -m tests.compat [fastapi] [starlette] [--plain] [pytest's arguments…]`

--plain leaves Clearway out: what the suites say on this machine in any case.
Exit code: 0 all is well, 1 a suite failed or an exclusion is out of date, 2 a suite could not be run.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tests.compat.sdist import SuiteError
from tests.compat.suite import SUITES, run
from tests.compat.summary import closing, table, verdict

if TYPE_CHECKING:
    from collections.abc import Sequence


def parse(arguments: Sequence[str]) -> tuple[list[str], bool, list[str]]:
    """The suites asked for, whether Clearway is left out, and what is meant for pytest."""
    rest = list(arguments)
    suites = []
    plain = False
    while rest and (rest[0] in SUITES or rest[0] == "--plain"):
        first = rest.pop(0)
        if first == "--plain":
            plain = True
        else:
            suites.append(first)
    return suites or list(SUITES), plain, rest


def main(arguments: Sequence[str]) -> int:
    if {"-h", "--help"} & set(arguments):
        print(__doc__)
        return 0
    suites, plain, rest = parse(arguments)
    try:
        results = [run(suite, plain=plain, arguments=rest) for suite in suites]
    except SuiteError as error:
        print(error, file=sys.stderr)
        return 2
    print("\n" + "\n".join([*table(results), "", *verdict(results), "", *closing(results)]))
    return 1 if any(result.problems for result in results) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
