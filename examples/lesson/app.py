"""The lesson's endpoints, and some of the kind that real services have.

Serve it with `clearway run examples/lesson/app.py`. Every docstring says what to look at.
"""

import asyncio
import sqlite3
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path
from typing import Annotated

import requests
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.concurrency import contextmanager_in_threadpool
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from clearway import loop

from .upstream import Upstream

ITEMS = ("anchor", "buoy", "compass", "dinghy", "ensign")


class Message(BaseModel):
    message: str


class Item(BaseModel):
    id: int
    name: str


class Report(BaseModel):
    year: int
    primes: int
    seconds: float


@contextmanager
def needs(app: FastAPI) -> Iterator[None]:
    """What the endpoints need: a database file, and a slow HTTP service to ask."""
    with tempfile.TemporaryDirectory(prefix="lesson-") as folder, Upstream() as upstream:
        app.state.database = Path(folder) / "items.sqlite"
        app.state.upstream = upstream.url
        with closing(sqlite3.connect(app.state.database)) as connection, connection:
            connection.execute("CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT NOT NULL)")
            connection.executemany("INSERT INTO item (name) VALUES (?)", [(name,) for name in ITEMS])
        yield


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Runs on the event loop, too: so files are made, and a server is stopped, in a thread."""
    async with contextmanager_in_threadpool(needs(app)):
        yield


app = FastAPI(title="The lesson", lifespan=lifespan)


@app.get("/sync/")
def in_a_thread() -> Message:
    """A plain `def`: FastAPI cannot know whether it blocks, so it runs in a thread."""
    return Message(message="answered from a thread")


@app.get("/async/")
async def on_the_loop() -> Message:
    """An `async def`: it runs on the event loop itself, with no thread in between."""
    return Message(message="answered from the event loop")


@app.get("/pinned/")
@loop
def pinned_to_the_loop() -> Message:
    """A plain `def` that never waits, says its author: pinned to the loop, it saves the way to a thread."""
    return Message(message="a def, answered from the event loop")


@app.get("/slow/")
async def waits_politely() -> Message:
    """Waits with `await`: meanwhile the loop serves everybody else, ten thousand of them if need be."""
    await asyncio.sleep(0.1)
    return Message(message="waited 0.1 s, and nobody noticed")


@app.get("/bad/")
async def stops_everything() -> Message:
    """The mistake: `time.sleep` does not give the loop back, so for two seconds nobody is served.

    Open it, then look at what the server printed.
    """
    time.sleep(2)
    return Message(message="for two seconds the whole service stood still")


@app.get("/good/")
def waits_in_a_thread() -> Message:
    """The same wait as in `/bad/`, in a `def`: it keeps one thread busy and nobody else waiting."""
    time.sleep(2)
    return Message(message="one thread slept for two seconds")


@app.get("/upstream/")
def asks_another_service(request: Request) -> Message:
    """`requests` blocks until the answer is there (0.1 s here), so this is a `def`."""
    answer = requests.get(request.app.state.upstream, timeout=5)
    answer.raise_for_status()
    return Message(message=answer.text)


def database(request: Request) -> Iterator[sqlite3.Connection]:
    """One connection for each request, closed when its answer is on the way."""
    # The parts of a request may run in different threads, one after the other and never at once.
    connection = sqlite3.connect(request.app.state.database, check_same_thread=False)
    try:
        yield connection
    finally:
        connection.close()


@app.get("/items/{item_id}", response_model=Item)
def read_item(item_id: int, connection: Annotated[sqlite3.Connection, Depends(database)]) -> dict[str, object]:
    """Reads a database file. Four steps may need a thread: open, read, check the answer, close."""
    row = connection.execute("SELECT id, name FROM item WHERE id = ?", (item_id,)).fetchone()
    if row is None:
        raise HTTPException(404, f"there is no item {item_id}; the last is {len(ITEMS)}")
    return {"id": row[0], "name": row[1]}


@app.get("/report/{year}")
def report(year: int) -> Report:
    """Computes: a thread keeps it off the loop, but all threads share one interpreter lock."""
    if not 1 <= year <= 9999:
        raise HTTPException(422, "a year is from 1 to 9999")
    started = time.perf_counter()
    primes = sum(is_prime(number) for number in range(year * 10))
    return Report(year=year, primes=primes, seconds=time.perf_counter() - started)


def is_prime(number: int) -> bool:
    return number > 1 and all(number % divisor for divisor in range(2, int(number**0.5) + 1))


@app.get("/countdown/")
async def countdown() -> StreamingResponse:
    """Streams an answer piece by piece: one request that is in flight for a second."""

    async def pieces() -> AsyncIterator[str]:
        for left in range(10, 0, -1):
            yield f"{left}\n"
            await asyncio.sleep(0.1)

    return StreamingResponse(pieces(), media_type="text/plain")
