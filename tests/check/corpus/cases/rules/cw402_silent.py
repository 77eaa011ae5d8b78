# asyncio's lock across an `await`, AnyIO's, and a semaphore.
#: silent CW402
import asyncio

import anyio
from fastapi import FastAPI

app = FastAPI()
lock = asyncio.Lock()
limit = asyncio.Semaphore(5)
anyio_lock = anyio.Lock()


@app.post("/asyncio")
async def by_asyncio() -> None:  #: endpoint POST /asyncio clean
    async with lock:
        await asyncio.sleep(1)


@app.post("/semaphore")
async def by_semaphore() -> None:  #: endpoint POST /semaphore clean
    async with limit, anyio_lock:
        await asyncio.sleep(1)
