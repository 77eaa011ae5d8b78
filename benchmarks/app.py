"""The app that both servers serve. Under plain uvicorn the pins are attributes that nobody reads."""

from __future__ import annotations

import asyncio
import resource
import threading
import time
from collections.abc import Iterator
from typing import Annotated, Any

import anyio.from_thread
import anyio.to_thread
import httpx
import requests
from fastapi import Depends, FastAPI, Request, Response
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel
from requests.adapters import HTTPAdapter

import clearway
from benchmarks.pool import Pool, PoolTimeout, Session
from benchmarks.work import compute

app = FastAPI(title="Clearway's benchmark")
pool = Pool(size=10, timeout_s=8.0)


# Trivial endpoints. `response_model=None`: with a model, plain FastAPI pays a second hop for validating it.


@app.get("/async/", response_model=None)
async def trivial_async() -> dict[str, str]:
    return {"message": "hello"}


@app.get("/def/", response_model=None)
def trivial_def() -> dict[str, str]:
    return {"message": "hello"}


@app.get("/def-pinned/", response_model=None)
@clearway.loop
def trivial_def_pinned() -> dict[str, str]:
    return {"message": "hello"}


@app.get("/threads/", response_model=None)
async def threads() -> dict[str, int | None]:
    """The system's number of each thread, by name."""
    return {thread.name: thread.native_id for thread in threading.enumerate()}


# A `def` with two trivial sync dependencies and a response model, all pinned to the loop.


class Page(BaseModel):
    owner: str
    offset: int
    limit: int


@clearway.loop
def paging(offset: int = 0, limit: int = 20) -> tuple[int, int]:
    return offset, limit


@clearway.loop
def owner() -> str:
    return "somebody"


@app.get("/dependencies/", response_model=Page)
@clearway.loop
def with_dependencies(page: Annotated[tuple[int, int], Depends(paging)], name: Annotated[str, Depends(owner)]) -> Page:
    return Page(owner=name, offset=page[0], limit=page[1])


# Endpoints that wait.


@app.get("/async-100ms/", response_model=None)
async def async_100ms() -> dict[str, str]:
    await asyncio.sleep(0.1)
    return {"message": "slept"}


@app.get("/def-100ms/", response_model=None)
def def_100ms() -> dict[str, str]:
    time.sleep(0.1)
    return {"message": "slept"}


@app.get("/def-1s/", response_model=None)
def def_1s() -> dict[str, str]:
    time.sleep(1)
    return {"message": "slept"}


@app.get("/health/", response_model=None)
def health() -> dict[str, str]:
    return {"status": "ok"}


# Blocking calls in `async def`: what containment is for.


@app.get("/blocks/", response_model=None)
async def blocks() -> dict[str, str]:
    time.sleep(0.1)
    return {"message": "slept"}


@app.get("/blocks-awaits/", response_model=None)
async def blocks_and_awaits() -> dict[str, str]:
    await asyncio.sleep(0)
    time.sleep(0.1)
    return {"message": "slept"}


session_of_requests = requests.Session()
session_of_requests.trust_env = False
session_of_requests.mount("http://", HTTPAdapter(pool_maxsize=200))
client_of_httpx = httpx.AsyncClient(trust_env=False, limits=httpx.Limits(max_connections=200))


def _ask(port: int) -> dict[str, int]:
    return {"status": session_of_requests.get(f"http://127.0.0.1:{port}/").status_code}


@app.get("/requests/", response_model=None)
async def ask_with_requests(port: int) -> dict[str, int]:
    return _ask(port)


@app.get("/requests-awaits/", response_model=None)
async def ask_with_requests_and_await(port: int) -> dict[str, int]:
    await asyncio.sleep(0)
    return _ask(port)


@app.get("/def-requests/", response_model=None)
def ask_with_requests_in_a_thread(port: int) -> dict[str, int]:
    return _ask(port)


@app.get("/httpx-async/", response_model=None)
async def ask_with_httpx(port: int) -> dict[str, int]:
    return {"status": (await client_of_httpx.get(f"http://127.0.0.1:{port}/")).status_code}


# An endpoint that computes.


@app.get("/cpu/", response_model=None)
def cpu(rounds: int) -> dict[str, int]:
    return {"result": compute(rounds)}


# The same in a worker process, and what a call there costs by itself.


@app.get("/cpu-process/", response_model=None)
@clearway.process
def cpu_process(rounds: int) -> dict[str, int]:
    return {"result": compute(rounds)}


@app.get("/echo/", response_model=None)
async def echo(text: str) -> dict[str, str]:
    return {"text": text}


@app.get("/echo-process/", response_model=None)
@clearway.process
def echo_process(text: str) -> dict[str, str]:
    return {"text": text}


# The pool deadlock: a `yield` dependency whose session takes a connection at first use.


@app.exception_handler(PoolTimeout)
async def no_connection(request: Request, error: Exception) -> Response:
    return PlainTextResponse(str(error), status_code=503)


class Row(BaseModel):
    value: int


def session() -> Iterator[Session]:
    opened = Session(pool)
    try:
        yield opened
    finally:
        opened.close()


@app.get("/pool/", response_model=Row)
def read_row(db: Annotated[Session, Depends(session)]) -> Any:
    return {"value": db.query(0.05)}


# The nested deadlock: a handler's thread asks the loop for another thread.


@app.get("/nested/", response_model=None)
def nested() -> dict[str, str]:
    time.sleep(0.1)  # so that all handlers hold their threads before the first asks for another
    anyio.from_thread.run(anyio.to_thread.run_sync, time.sleep, 0.1)
    return {"message": "nested"}


# Many requests in flight on one thread.


class InFlight:
    """Counts the requests that are inside `/slow/` at once, and the threads that ran them."""

    def __init__(self) -> None:
        self.now = 0
        self.peak = 0
        self.threads: set[int] = set()

    def enter(self) -> None:
        self.now += 1
        self.peak = max(self.peak, self.now)
        self.threads.add(threading.get_ident())

    def leave(self) -> None:
        self.now -= 1


in_flight = InFlight()


@app.get("/slow/", response_model=None)
async def slow(seconds: float = 1.0) -> dict[str, str]:
    in_flight.enter()
    try:
        await asyncio.sleep(seconds)
    finally:
        in_flight.leave()
    return {"message": "slow"}


@app.get("/in-flight/", response_model=None)
async def show_in_flight() -> dict[str, int]:
    return {
        "peak": in_flight.peak,
        "threads": len(in_flight.threads),
        "max_files": resource.getrlimit(resource.RLIMIT_NOFILE)[0],
    }
