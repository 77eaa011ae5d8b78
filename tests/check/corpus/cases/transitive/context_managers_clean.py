# Own context managers that compute, or await on the way in and out.
import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext

from fastapi import FastAPI

app = FastAPI()


@contextmanager
def timed(times: list[float]) -> Iterator[None]:
    started = time.perf_counter()
    try:
        yield
    finally:
        times.append(time.perf_counter() - started)


@asynccontextmanager
async def slot(limit: asyncio.Semaphore) -> AsyncIterator[int]:
    await limit.acquire()
    try:
        yield 1
    finally:
        limit.release()


class Scope:
    def __init__(self) -> None:
        self.values: dict[str, str] = {}

    def __enter__(self) -> dict[str, str]:
        return self.values

    def __exit__(self, *error: object) -> None:
        self.values.clear()


limit = asyncio.Semaphore(3)


@app.get("/timed")
async def read_timed() -> float:  #: endpoint GET /timed clean
    times: list[float] = []
    with timed(times), Scope() as scope, nullcontext():
        scope["a"] = "b"
        async with slot(limit):
            await asyncio.sleep(0.1)
    return times[0]
