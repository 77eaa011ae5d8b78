# Coroutine functions kept in tables and chosen by the request: each is awaited, none blocks.
import asyncio
from collections.abc import Awaitable, Callable

from fastapi import FastAPI, HTTPException

app = FastAPI()
Handler = Callable[[int], Awaitable[int]]


async def double(number: int) -> int:  #: task clean
    await asyncio.sleep(0.1)
    return number * 2


async def square(number: int) -> int:  #: task clean
    await asyncio.sleep(0.1)
    return number * number


HANDLERS: dict[str, Handler] = {"double": double, "square": square}


@app.get("/run/{name}")
async def run(name: str, number: int = 1) -> int:  #: endpoint GET /run/{name} clean
    handler = HANDLERS.get(name)
    if handler is None:
        raise HTTPException(404)
    return await handler(number)


@app.get("/all")
async def everything(number: int = 1) -> list[int]:  #: endpoint GET /all clean
    return list(await asyncio.gather(*(handler(number) for handler in HANDLERS.values())))


@app.get("/first")
async def first(number: int = 1) -> int:  #: endpoint GET /first clean
    handlers = [double, square]
    return await handlers[0](number)
