"""The services. Each function makes one app; its label says how it is asked, with which settings, and what is wrong."""

from __future__ import annotations

import asyncio
import gc
import os
import queue
import random
import threading
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
from fastapi import FastAPI

import clearway
from clearway.console.doctor import Problem
from tests.console.sick.standins import sqlalchemy_session


@dataclass
class Place:
    """What a service may need of its surroundings."""

    slow_url: str
    over: threading.Event = field(default_factory=threading.Event)
    """Set when it is no longer looked at: what would never end ends."""


@dataclass(frozen=True)
class Sick:
    """A service, and its label."""

    name: str
    make: Callable[[FastAPI, Place], None]
    expected: Problem
    load: list[tuple[str, int, float]]
    """Paths, each with its clients and their pause between two requests."""
    settings: dict[str, Any]
    says: str
    """What the sentence has to name."""


SICK: list[Sick] = []


def sick(
    expected: Problem, *load: tuple[str, int, float], says: str = "", **settings: Any
) -> Callable[[Callable[[FastAPI, Place], None]], None]:
    def add(make: Callable[[FastAPI, Place], None]) -> None:
        SICK.append(Sick(make.__name__, make, expected, list(load), settings, says))

    return add


def ping(app: FastAPI) -> None:
    @app.get("/ping")
    async def answer() -> str:
        return "pong"


def compute(rounds: int = 400_000) -> int:
    total = 0
    for each in range(rounds):
        total += each * each % 7
    return total


PINGS = ("/ping", 3, 0.02)


@sick(Problem.BLOCKING_CALL, ("/bad", 2, 0.0), PINGS, says="time.sleep")
def sleep_on_the_loop(app: FastAPI, place: Place) -> None:
    ping(app)

    @app.get("/bad")
    async def bad() -> str:
        time.sleep(0.08)
        return "ok"


@sick(Problem.BLOCKING_CALL, ("/proxy", 2, 0.0), PINGS, says="GET /proxy")
def sync_client_on_the_loop(app: FastAPI, place: Place) -> None:
    ping(app)

    def fetch() -> bytes:
        with urllib.request.urlopen(f"{place.slow_url}/100") as answer:
            return bytes(answer.read())

    @app.get("/proxy")
    async def proxy() -> int:
        return len(fetch())


@sick(Problem.BLOCKING_CALL, ("/stuck", 1, 0.0), ("/ping", 3, 0.02), says="stood still")
def loop_that_never_turns_again(app: FastAPI, place: Place) -> None:
    ping(app)

    @app.get("/stuck")
    async def stuck() -> str:
        place.over.wait()
        return "at last"


@sick(Problem.CPU_ON_LOOP, ("/report", 2, 0.0), PINGS, says="GET /report")
def computing_on_the_loop(app: FastAPI, place: Place) -> None:
    ping(app)

    @app.get("/report")
    async def report() -> int:
        return compute(1_000_000)


@sick(Problem.CPU_IN_THREADS, ("/report", 10, 0.0), says="GET /report")
def computing_in_threads(app: FastAPI, place: Place) -> None:
    @app.get("/report")
    def report() -> int:
        return compute(3_000_000)


@sick(Problem.POOL_EXHAUSTED, ("/slow", 20, 0.0), says="4 threads", threads=4)
def too_few_threads(app: FastAPI, place: Place) -> None:
    @app.get("/slow")
    def slow() -> str:
        time.sleep(0.2)
        return "ok"


@sick(Problem.DATABASE_POOL, ("/rows", 12, 0.0), says="SQLAlchemy")
def database_pool_of_two(app: FastAPI, place: Place) -> None:
    session = sqlalchemy_session(pool_size=2)

    @app.get("/rows")
    def rows() -> str:
        session.execute(0.2)
        return "ok"


@sick(Problem.DATABASE_POOL, ("/rows", 20, 0.0), says="GET /rows", threads=8)
def database_pool_smaller_than_few_threads(app: FastAPI, place: Place) -> None:
    """Every thread is taken, too: by calls that wait for a connection."""
    session = sqlalchemy_session(pool_size=2)

    @app.get("/rows")
    def rows() -> str:
        session.execute(0.2)
        return "ok"


@sick(Problem.LOCK, ("/order", 8, 0.0), says="GET /order")
def one_lock_for_all(app: FastAPI, place: Place) -> None:
    lock = threading.Lock()

    @app.get("/order")
    def order() -> str:
        with lock:
            time.sleep(0.1)
        return "ok"


@sick(Problem.LOCK, ("/render", 8, 0.0), says="queue")
def pool_of_the_apps_own(app: FastAPI, place: Place) -> None:
    engines: queue.Queue[int] = queue.Queue()
    engines.put(1)

    @app.get("/render")
    def render() -> str:
        engine = engines.get()
        time.sleep(0.1)
        engines.put(engine)
        return "ok"


@sick(Problem.UPSTREAM_SLOW, ("/weather", 6, 0.0), PINGS, says="GET /weather")
def slow_upstream_from_threads(app: FastAPI, place: Place) -> None:
    ping(app)

    @app.get("/weather")
    def weather() -> int:
        with urllib.request.urlopen(f"{place.slow_url}/900") as answer:
            return len(answer.read())


@sick(Problem.UPSTREAM_SLOW, ("/weather", 6, 0.0), PINGS, says="httpx")
def slow_upstream_from_coroutines(app: FastAPI, place: Place) -> None:
    ping(app)
    client = httpx.AsyncClient(verify=False, trust_env=False)

    @app.get("/weather")
    async def weather() -> int:
        answer = await client.get(f"{place.slow_url}/900")
        return len(answer.content)


@sick(Problem.GIL, PINGS, says="interpreter")
def thread_of_the_apps_own_computes(app: FastAPI, place: Place) -> None:
    ping(app)
    numbers = [random.random() for _ in range(300_000)]

    def refresh() -> None:
        while not place.over.is_set():
            sorted(numbers)  # in C, without ever giving the interpreter away

    threading.Thread(target=refresh, daemon=True).start()


@sick(Problem.GARBAGE_COLLECTION, ("/load", 1, 0.0), PINGS, says="garbage")
def collecting_in_each_request(app: FastAPI, place: Place) -> None:
    ping(app)
    cache = [{"id": each} for each in range(400_000)]

    @app.get("/load")
    async def load() -> int:
        return gc.collect() + len(cache)


@sick(Problem.REFUSED, ("/slow", 20, 0.0), says="GET /slow", threads=2, max_wait_s=0.1)
def requests_that_find_no_thread(app: FastAPI, place: Place) -> None:
    @app.get("/slow")
    def slow() -> str:
        time.sleep(0.3)
        return "ok"


def die() -> str:
    os._exit(3)


@sick(Problem.WORKER_LOST, ("/convert", 1, 0.1), PINGS, says="GET /convert", processes=1)
def workers_that_die(app: FastAPI, place: Place) -> None:
    ping(app)
    app.get("/convert")(clearway.process(die))


@sick(Problem.NOTHING, ("/wait", 30, 0.01), PINGS, says="Nothing is wrong")
def healthy_coroutines(app: FastAPI, place: Place) -> None:
    ping(app)

    @app.get("/wait")
    async def wait() -> str:
        await asyncio.sleep(0.1)
        return "ok"


@sick(Problem.NOTHING, ("/query", 20, 0.05), PINGS, says="Nothing is wrong")
def healthy_threads(app: FastAPI, place: Place) -> None:
    ping(app)

    @app.get("/query")
    def query() -> str:
        time.sleep(0.1)
        return "ok"


@sick(Problem.NOTHING, ("/weather", 10, 0.05), PINGS, says="Nothing is wrong")
def healthy_upstream(app: FastAPI, place: Place) -> None:
    ping(app)
    client = httpx.AsyncClient(verify=False, trust_env=False)

    @app.get("/weather")
    async def weather() -> int:
        answer = await client.get(f"{place.slow_url}/80")
        return len(answer.content)


@sick(Problem.NOTHING, ("/rows", 8, 0.3), PINGS, says="Nothing is wrong")
def healthy_database_pool(app: FastAPI, place: Place) -> None:
    ping(app)
    session = sqlalchemy_session(pool_size=10)

    @app.get("/rows")
    def rows() -> str:
        session.execute(0.08)
        return "ok"
