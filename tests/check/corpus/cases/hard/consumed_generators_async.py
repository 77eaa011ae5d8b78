# Async generators consumed by comprehension, `anext`, `aclosing` and another async generator.
import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

from fastapi import FastAPI

app = FastAPI()


async def slow_numbers() -> AsyncIterator[int]:
    for n in range(3):
        await asyncio.sleep(0.1)
        yield n


async def doubled() -> AsyncIterator[int]:
    async with aclosing(slow_numbers()) as source:
        async for n in source:
            yield n * 2


@app.get("/list")
async def by_list() -> list[int]:  #: endpoint GET /list clean
    return [n async for n in doubled()]


@app.get("/next")
async def by_next() -> int:  #: endpoint GET /next clean
    return await anext(doubled(), 0)
