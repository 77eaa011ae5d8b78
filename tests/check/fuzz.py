"""Throws mutated modules at the checker: `python -m tests.check.fuzz [--seconds N] [--seed S] [FOLDER …]`.

Modules of the corpus, of the standard library and of what is installed beside us are cut, doubled, shuffled and mixed;
each goes through a whole check. A crash is any end but a result or one line for the user.
"""

from __future__ import annotations

import argparse
import random
import sys
import sysconfig
import tempfile
import time
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from clearway.check.analysis import check
from clearway.check.engine import Engine
from clearway.check.request import Request
from clearway.model import ClearwayError
from tests.check.corpus.case import CASES

LARGEST = 60_000
"""Characters of a module: larger ones take long and show no more."""
FRAGMENTS = (
    "async def f(x): await f(x)\n",
    "class C(C): pass\n",
    "@f\ndef f(f=f): return f(f)\n",
    "lambda: (yield)\n",
    "x: 'x' = x\n",
    "from . import *\n",
    "import a.b.c as d\n",
    "match x:\n    case {'a': [1, *r]} if r: pass\n",
    "with f() as (a, *b), g() as c.d[e]: pass\n",
    "del a.b, c[d]\n",
    "[a async for a in b if await c]\n",
    "x = {**x, **{x: x}}\n",
    "def g(a, /, b=1, *c, d, e=2, **f): return locals()\n",
    "global x\n",
    "f'{x!r:>{y}}'\n",
    "type X[T: int = str] = list[T]\n",
    "try:\n    pass\nexcept A, B:\n    pass\n",
    "if (n := len(a)) > 1: pass\n",
    "print(*a, **b)\n",
    "f(f(f(f)(f))(f))\n",
    "app.get('/')(f)\n",
    "app.include_router(app)\n",
    "getattr(x, x)()\n",
    "functools.partial(functools.partial, functools.partial)()\n",
)


@dataclass
class Outcome:
    """What a run of the fuzzer saw."""

    checked: int = 0
    refused: int = 0
    """Answered by one line for the user."""
    crashes: list[tuple[str, str]] = field(default_factory=list)
    """The module's text, and the traceback."""


def modules(folders: Sequence[Path] = ()) -> list[Path]:
    """Where the text comes from."""
    places = list(folders) or [CASES, Path(sysconfig.get_path("stdlib")), Path(sysconfig.get_path("purelib"))]
    return sorted(path for folder in places for path in folder.rglob("*.py") if path.stat().st_size <= LARGEST)


def mutated(texts: Sequence[str], rng: random.Random) -> str:
    """One module made of others."""
    lines = rng.choice(texts).splitlines(keepends=True) or ["\n"]
    for _ in range(rng.randint(0, 8)):
        at = rng.randrange(len(lines))
        match rng.randrange(6):
            case 0:
                del lines[at : at + rng.randint(1, 5)]
            case 1:
                lines[at:at] = lines[at : at + rng.randint(1, 10)]
            case 2:
                other = rng.randrange(len(lines))
                lines[at], lines[other] = lines[other], lines[at]
            case 3:
                indent = lines[at][: len(lines[at]) - len(lines[at].lstrip())]
                lines[at:at] = [indent + part for part in rng.choice(FRAGMENTS).splitlines(keepends=True)]
            case 4:
                donor = rng.choice(texts).splitlines(keepends=True)
                start = rng.randrange(len(donor)) if donor else 0
                lines[at:at] = donor[start : start + rng.randint(1, 30)]
            case _:
                words = lines[at].split(" ")
                rng.shuffle(words)
                lines[at] = " ".join(words)
        if not lines:
            lines = ["\n"]
    return "".join(lines)


def cases(paths: Sequence[Path], rng: random.Random) -> Iterator[list[str]]:
    """Projects of one to three modules, without end."""
    while True:
        texts = [path.read_text("utf-8", "replace") for path in rng.sample(paths, min(4, len(paths)))]
        yield [mutated(texts, rng) for _ in range(rng.randint(1, 3))]


def fuzz(
    paths: Sequence[Path],
    rng: random.Random,
    *,
    seconds: float | None = None,
    count: int | None = None,
    engine: Engine | None = None,
) -> Outcome:
    """Check mutated projects for so long, or so many of them."""
    outcome = Outcome()
    end = None if seconds is None else time.monotonic() + seconds
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for texts in cases(paths, rng):
            if (end is not None and time.monotonic() >= end) or (count is not None and outcome.checked >= count):
                return outcome
            for index, text in enumerate(texts):
                (folder / f"module{index}.py").write_text(text, "utf-8", "surrogateescape")
            outcome.checked += 1
            try:
                check(Request(paths=(folder,), all_roots=True, use_cache=False), engine)
            except ClearwayError:
                outcome.refused += 1
            except Exception:
                outcome.crashes.append(("\n# ----\n".join(texts), traceback.format_exc()))
    return outcome


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    parser.add_argument("--keep", type=Path, help="write the modules that crash there")
    args = parser.parse_args()
    outcome = fuzz(modules(args.folders), random.Random(args.seed), seconds=args.seconds)
    for index, (text, trace) in enumerate(outcome.crashes):
        print(trace, file=sys.stderr)
        if args.keep:
            args.keep.mkdir(parents=True, exist_ok=True)
            (args.keep / f"crash{index}.py").write_text(text, "utf-8", "surrogateescape")
    print(f"seed {args.seed}: {outcome.checked} checked, {outcome.refused} refused, {len(outcome.crashes)} crashes")
    return 1 if outcome.crashes else 0


if __name__ == "__main__":
    raise SystemExit(main())
