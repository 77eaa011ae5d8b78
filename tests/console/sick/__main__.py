"""`python -m tests.console.sick [--seconds S] [--store] [NAME…]`: plays the set; prints what is expected and found.

`--store` also writes what was told to `stored/`, where the tests of every interpreter read it.
"""

from __future__ import annotations

import argparse
import sys
from itertools import takewhile
from pathlib import Path

from clearway.console.doctor import diagnose
from clearway.console.state import State
from clearway.frames import Frame
from tests.console.sick.playing import kept, played
from tests.console.sick.services import SICK
from tests.console.sick.world import World

STORED = Path(__file__).parent / "stored"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.console.sick")
    parser.add_argument("--seconds", type=float, default=5.0, help="how long each service is asked")
    parser.add_argument("--store", action="store_true")
    parser.add_argument("names", nargs="*")
    asked = parser.parse_args()
    wrong = 0
    chosen = [sick for sick in SICK if not asked.names or sick.name in asked.names]
    with World() as world:
        for sick in chosen:
            with played(sick, world) as coming:
                items = list(
                    takewhile(lambda item: not isinstance(item, Frame) or item.at_us < asked.seconds * 1e6, coming)
                )
            state = State()
            for item in items:
                state.take(item)
            found = diagnose(state)
            is_right = found.problem is sick.expected and sick.says in found.sentence
            wrong += not is_right
            print(f"{'ok   ' if is_right else 'WRONG'} {sick.name:<40} {sick.expected:<36} {found.problem}")
            print(f"      {found.sentence}", flush=True)
            if asked.store and is_right:
                STORED.mkdir(exist_ok=True)
                (STORED / f"{sick.name}.ndjson").write_bytes(b"".join(line + b"\n" for line in kept(items)))
    print(f"{len(chosen) - wrong} of {len(chosen)} right")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
