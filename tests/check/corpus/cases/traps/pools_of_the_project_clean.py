# A pool of the project's own, made when the app starts, that takes blocking work off the loop in three ways.
import asyncio
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from typing import ParamSpec, TypeVar

from fastapi import FastAPI, Request

P = ParamSpec("P")
R = TypeVar("R")


class Pool:
    def __init__(self, size: int) -> None:
        self._threads = ThreadPoolExecutor(size)

    async def run(self, func: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, partial(func, *args, **kwargs))

    async def wrapped(self, func: Callable[[], R]) -> R:
        return await asyncio.wrap_future(self._threads.submit(func))


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:  #: lifespan clean
    app.state.pool = Pool(4)
    yield


app = FastAPI(lifespan=lifespan)


def work(seconds: float, *, times: int = 1) -> float:
    for _ in range(times):
        time.sleep(seconds)
    return seconds * times


@app.get("/run")
async def run(request: Request) -> float:  #: endpoint GET /run clean
    pool: Pool = request.app.state.pool
    return await pool.run(work, 1.0, times=2)


@app.get("/wrapped")
async def wrapped(request: Request) -> float:  #: endpoint GET /wrapped clean
    pool: Pool = request.app.state.pool
    return await pool.wrapped(lambda: work(1.0))


@app.get("/both")
async def both() -> float:  #: endpoint GET /both clean
    pool = Pool(1)
    return await pool.run(partial(work, 1.0))
