"""Serves one of the labelled services, asks it, and reads what its runtime tells, as the console does."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from fastapi import FastAPI
from msgspec import structs

import clearway
from clearway.console.doctor import Diagnosis, diagnose
from clearway.console.state import State
from clearway.frames import Frame, Header, line_of, read_line
from clearway.runtime.records.feed import Feed
from clearway.settings import Settings
from tests.console.sick.services import Place, Sick
from tests.console.sick.world import World
from tests.runtime.serving import Server

ROOT = Path(__file__).parents[3]
PACE_S = 0.2


@contextlib.contextmanager
def played(sick: Sick, world: World) -> Iterator[Iterator[Header | Frame]]:
    """The items that come, one each `PACE_S`, while the service is asked."""
    app, place = FastAPI(), Place(world.slow_url)
    sick.make(app, place)
    runtime = clearway.install(app, settings=Settings(**sick.settings))
    runtime.stall_report.say = runtime.loss_report.say = _say_nothing
    server = Server(app, "asyncio")
    try:
        world.ask(server.port, sick.load)
        yield _items(runtime)
    finally:
        place.over.set()
        world.ask(server.port, [])
        server.stop()
        runtime.uninstall()


def _items(runtime: clearway.Runtime) -> Iterator[Header | Frame]:
    feed = Feed(runtime, "service")
    yield read_line(line_of(feed.header()))
    while True:
        time.sleep(PACE_S)
        yield read_line(line_of(feed.frame()))


def _say_nothing(line: str) -> None: ...


def diagnosed(items: Iterator[Header | Frame], seconds: float) -> Diagnosis:
    """What the doctor says at the end of so many seconds."""
    state = State()
    while state.at_us < seconds * 1e6:
        state.take(next(items))
    return diagnose(state)


def kept(items: list[Header | Frame]) -> Iterator[bytes]:
    """The items as they are stored: what the doctor does not read is left out, and so is where this was."""
    for item in items:
        if isinstance(item, Header):
            line = line_of(structs.replace(item, worker=1, versions={}))
        else:
            stalls = [{**stall, "victims": stall["victims"][:3], "stack": stall["stack"][-3:]} for stall in item.stalls]
            short = structs.replace(item, worker=1, requests=[], parts=[], here=[], going=[], table=None, stalls=stalls)
            line = line_of(short)
        for folder, stands_for in ((str(ROOT), b"/srv/app"), (sys.prefix, b"/usr"), (sys.base_prefix, b"/usr")):
            line = line.replace(folder.encode(), stands_for)
        yield line
