"""What a portal costs a call, beside greenback's: `python -m benchmarks.portal` prints microseconds of processor time.

The sides take turns, because the machine changes; the lowest of the rounds counts.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

import greenback
import uvloop

from clearway.runtime import portal

ROUNDS = 15
CALLS = 2_000

Call = Callable[[], Awaitable[object]]


async def nothing() -> None:
    pass


async def awaits() -> None:
    await asyncio.sleep(0)


async def waits() -> None:
    portal.wait(asyncio.sleep(0))


async def waits_with_greenback() -> None:
    greenback.await_(asyncio.sleep(0))


SIDES: dict[str, dict[str, Call]] = {
    "a call that only returns": {
        "without": nothing,
        "portal": lambda: portal.run(nothing),
        "greenback": lambda: greenback.with_portal_run(nothing),
    },
    "a call that awaits": {
        "without": awaits,
        "portal": lambda: portal.run(awaits),
        "greenback": lambda: greenback.with_portal_run(awaits),
    },
    "a call that waits inside": {
        "portal": lambda: portal.run(waits),
        "greenback": lambda: greenback.with_portal_run(waits_with_greenback),
    },
}


async def measure(call: Call) -> float:
    began = time.process_time()
    for _ in range(CALLS):
        await call()
    return (time.process_time() - began) / CALLS * 1e6


def measure_looks(look: Callable[[], bool]) -> float:
    began = time.process_time()
    for _ in range(CALLS):
        look()
    return (time.process_time() - began) / CALLS * 1e6


async def main() -> None:
    for title, sides in SIDES.items():
        found: dict[str, list[float]] = {name: [] for name in sides}
        for _ in range(ROUNDS):
            for name, call in sides.items():
                found[name].append(await measure(call))
        print(f"{title:<26}", "  ".join(f"{name} {min(rounds):.2f} µs" for name, rounds in found.items()))
    looks = {"portal": portal.is_open, "greenback": greenback.has_portal}
    lowest = {name: min(measure_looks(look) for _ in range(ROUNDS)) for name, look in looks.items()}
    print(f"{'is there one? outside':<26}", "  ".join(f"{name} {cost:.2f} µs" for name, cost in lowest.items()))


if __name__ == "__main__":
    uvloop.run(main())
