"""Serves the trivial endpoint with containment on and off in turn, and prints what a request costs in each slice.

python -m benchmarks.toggled PORT --loop uvloop --pairs 20

Two processes of the same program differ by several percent in what a request costs them, each for its life, and a
busy machine by more from one second to the next. Here both sides are one process, a part of a second apart. Load
has to come from elsewhere, without a pause. Prints JSON: for `off` and `on`, by slice, requests and the processor
time of all threads.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import time
from typing import TYPE_CHECKING, Any

import uvicorn
import uvloop

import clearway
from clearway.cli.collector import tune_collector
from clearway.runtime.containment.contained import REPLACEMENTS
from clearway.runtime.containment.families import replacements
from clearway.settings import Settings

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

HOST = "127.0.0.1"
SLICE_S = 0.1
SETTLE_S = 0.02
"""After switching: requests in flight end as they began."""
ORDER = ("off", "on", "on", "off")
"""And again. A machine that gets slower meanwhile is no side's disadvantage."""


class Toggled:
    """The benchmark's app with a Clearway that contains, or one that does not."""

    def __init__(self) -> None:
        REPLACEMENTS.hold(replacements())  # as `clearway run --contain` does before it imports the app
        from benchmarks.app import app

        REPLACEMENTS.release()
        self._app = app
        self._runtime: Any = None
        self.served = 0

    def switch(self, contain: bool) -> None:
        if self._runtime is not None:
            self._runtime.uninstall()
        self._runtime = clearway.install(self._app, settings=Settings(contain=contain))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.served += 1
        await self._app(scope, receive, send)


async def measure(app: Toggled, pairs: int) -> dict[str, list[tuple[int, float]]]:
    """Slices of each side, in the order in which they were taken."""
    while not app.served:
        await asyncio.sleep(0.01)
    found: dict[str, list[tuple[int, float]]] = {"off": [], "on": []}
    for turn in range(-len(ORDER), 2 * pairs):  # the first few are the warm-up
        side = ORDER[turn % len(ORDER)]
        app.switch(side == "on")
        await asyncio.sleep(SETTLE_S)
        served, began_s = app.served, time.process_time()
        await asyncio.sleep(SLICE_S)
        if turn >= 0:
            found[side].append((app.served - served, time.process_time() - began_s))
    return found


async def serve(port: int, pairs: int) -> None:
    """Until everything is measured."""
    app = Toggled()
    app.switch(contain=False)
    config = uvicorn.Config(
        app, host=HOST, port=port, http="httptools", lifespan="off", access_log=False, log_level="warning"
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    tune_collector()
    print(json.dumps(await measure(app, pairs)), flush=True)
    server.force_exit = server.should_exit = True
    with contextlib.suppress(asyncio.CancelledError):
        await serving


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.toggled", description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("--loop", choices=("uvloop", "asyncio"), default="uvloop")
    parser.add_argument("--pairs", type=int, default=20, help="slices of each side (default: 20)")
    options = parser.parse_args()
    run = uvloop.run if options.loop == "uvloop" else asyncio.run
    run(serve(options.port, options.pairs))


if __name__ == "__main__":
    main()
