"""Calls that wait for each other's threads and connections all come to their end."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator

import anyio.from_thread
import anyio.to_thread
import httpx
import pytest
from fastapi import Depends, FastAPI
from pydantic import BaseModel

import clearway
from tests.runtime.serving import client_of, here

Install = Callable[..., clearway.Runtime]

THREAD = "clearway thread lane"


class Rows(BaseModel):
    rows: list[int]


class Pool:
    """A database's pool: who gets no connection in time gets an error."""

    def __init__(self, connections: int) -> None:
        self._free = threading.Semaphore(connections)

    def take(self) -> None:
        if not self._free.acquire(timeout=4):
            raise TimeoutError("no connection")

    def give_back(self) -> None:
        self._free.release()


class Session:
    """Takes its connection when it is first asked something, as an ORM's session does."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._taken = False

    def ask(self) -> list[int]:
        if not self._taken:
            self._pool.take()
            self._taken = True
        time.sleep(0.005)  # the database's own time
        return [1, 2, 3]

    def close(self) -> None:
        if self._taken:
            self._pool.give_back()


async def _ask_at_once(app: FastAPI, count: int) -> list[httpx.Response]:
    async with client_of(app) as client:
        return await asyncio.gather(*(client.get("/") for _ in range(count)))


@pytest.mark.parametrize(("threads", "connections"), [(512, 10), (40, 10), (4, 2), (1, 1)])
@pytest.mark.parametrize("taken", ["lazily", "eagerly", "by a second dependency", "before a third"])
def test_connections_and_threads_do_not_wait_for_each_other(
    install: Install, threads: int, connections: int, taken: str
) -> None:
    app = FastAPI()
    pool = Pool(connections)

    def session() -> Iterator[Session]:
        session = Session(pool)
        if taken == "eagerly":
            session.ask()
        try:
            yield session
        finally:
            session.close()

    def user(session: Session = Depends(session)) -> Session:
        if taken in ("by a second dependency", "before a third"):
            session.ask()
        return session

    def allowed(session: Session = Depends(user)) -> Session:
        if taken == "before a third":
            session.ask()
        return session

    @app.get("/", response_model=Rows)
    def read(session: Session = Depends(allowed)) -> dict[str, list[int]]:
        return {"rows": session.ask()}

    runtime = install(app, threads=threads)
    responses = asyncio.run(_ask_at_once(app, 2 * threads if threads == 40 else 60))
    assert {response.status_code for response in responses} == {200}
    assert responses[0].json() == {"rows": [1, 2, 3]}
    assert runtime.faults == 0


@pytest.mark.parametrize("threads", [40, 8])
def test_handlers_that_hold_every_thread_may_ask_for_another(install: Install, threads: int) -> None:
    app = FastAPI()
    gathered = threading.Barrier(threads)

    async def inner() -> str:
        return await anyio.to_thread.run_sync(here)

    @app.get("/")
    def read() -> str:
        gathered.wait(20)
        return anyio.from_thread.run(inner)

    runtime = install(app, threads=threads)
    responses = asyncio.run(_ask_at_once(app, 2 * threads))
    assert {response.json() for response in responses} == {THREAD}
    assert runtime.faults == 0


def test_however_deep_they_nest(install: Install) -> None:
    app = FastAPI()
    gathered = threading.Barrier(4)

    async def deeper(depth: int) -> int:
        return await anyio.to_thread.run_sync(step, depth)

    def step(depth: int) -> int:
        if depth == 4:
            gathered.wait(20)
        return depth if depth == 0 else anyio.from_thread.run(deeper, depth - 1)

    @app.get("/")
    def read() -> int:
        return step(4)

    install(app, threads=4)
    responses = asyncio.run(_ask_at_once(app, 4))
    assert [response.json() for response in responses] == [0] * 4
