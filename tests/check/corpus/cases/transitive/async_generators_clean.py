# Async generators, comprehensions and context managers of the project that await.
import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.responses import StreamingResponse

app = FastAPI()


async def ticks(n: int) -> AsyncIterator[str]:
    for i in range(n):
        await asyncio.sleep(0.1)
        yield f"data: {i}\n\n"


class Lease:
    async def __aenter__(self) -> "Lease":
        await asyncio.sleep(0)
        return self

    async def __aexit__(self, *error: object) -> None:
        await asyncio.sleep(0)


@asynccontextmanager
async def slot() -> AsyncIterator[int]:
    async with Lease():
        yield 1


@app.get("/events")
async def events() -> StreamingResponse:  #: endpoint GET /events clean
    return StreamingResponse(ticks(10), media_type="text/event-stream")


@app.get("/all")
async def collect() -> list[str]:  #: endpoint GET /all clean
    async with slot():
        return [tick async for tick in ticks(3)]
