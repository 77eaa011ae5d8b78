# Tasks, groups, callbacks and timers that give the loop back at once.
import asyncio
from contextlib import asynccontextmanager, suppress

import anyio
import httpx
from fastapi import FastAPI

STATE: dict[str, int] = {"ticks": 0}


async def tick(seconds: float) -> None:  #: task clean
    while True:
        STATE["ticks"] += 1
        await asyncio.sleep(seconds)


async def fetch(client: httpx.AsyncClient, url: str, found: list[str]) -> None:  #:? task clean
    found.append((await client.get(url)).text)


def count() -> None:  #:? task clean on loop
    STATE["ticks"] += 1


@asynccontextmanager
async def lifespan(app: FastAPI):  #: lifespan clean
    ticking = asyncio.create_task(tick(1))
    yield
    ticking.cancel()
    with suppress(asyncio.CancelledError):
        await ticking


app = FastAPI(lifespan=lifespan)


@app.get("/all")
async def collect(first: str, second: str) -> list[str]:  #: endpoint GET /all clean
    found: list[str] = []
    async with httpx.AsyncClient() as client, anyio.create_task_group() as group:
        group.start_soon(fetch, client, first, found)
        group.start_soon(fetch, client, second, found)
    return found


@app.post("/count")
async def count_later() -> None:  #: endpoint POST /count clean
    asyncio.get_running_loop().call_later(1, count)
