# A periodic task started in the lifespan hands its waiting to threads and sleeps by asyncio.
import asyncio
from contextlib import asynccontextmanager

import requests
from fastapi import FastAPI

RATES: dict[str, float] = {}


def download() -> dict[str, float]:
    return requests.get("https://rates.example.org", timeout=9).json()


async def refresh(every: float) -> None:  #: task clean
    while True:
        RATES.update(await asyncio.to_thread(download))
        await asyncio.sleep(every)


@asynccontextmanager
async def lifespan(app: FastAPI):  #: lifespan clean
    async with asyncio.TaskGroup() as group:
        task = group.create_task(refresh(60))
        yield
        task.cancel()


app = FastAPI(lifespan=lifespan)


@app.get("/rates/{name}")
async def rate(name: str) -> float:  #: endpoint GET /rates/{name} clean
    return RATES[name]
