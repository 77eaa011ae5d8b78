# Coroutines that the loop runs as tasks of their own.
import asyncio
import time

import requests
from fastapi import FastAPI

app = FastAPI()
running: set[asyncio.Task[None]] = set()


async def poll(url: str) -> None:  #: task blocks requests.get=error time.sleep=error
    while True:
        requests.get(url, timeout=5)
        time.sleep(30)


async def tick(seconds: float) -> None:  #: task clean
    while True:
        await asyncio.sleep(seconds)


async def part(url: str) -> int:  #:? task blocks requests.head=error
    return requests.head(url, timeout=5).status_code


@app.post("/polls")
async def start(url: str) -> None:  #: endpoint POST /polls clean|blocks
    task = asyncio.create_task(poll(url))
    running.add(task)
    task.add_done_callback(running.discard)


@app.post("/ticks")
async def start_ticks() -> None:  #: endpoint POST /ticks clean
    async with asyncio.TaskGroup() as group:
        group.create_task(tick(1.0))


@app.get("/parts")
async def parts(first: str, second: str) -> list[int]:  #: endpoint GET /parts blocks requests.head=error
    return await asyncio.gather(part(first), part(second))
