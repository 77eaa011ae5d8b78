# The result of a future that is known to be done is there.
import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from fastapi import FastAPI
from kafka import KafkaProducer

app = FastAPI()
pool = ThreadPoolExecutor()
producer = KafkaProducer()


@app.get("/asked")
async def asked() -> Any:  #: endpoint GET /asked clean
    future = pool.submit(time.sleep, 1)
    if future.done():
        return future.result()
    return None


@app.get("/left")
async def left() -> Any:  #: endpoint GET /left clean
    future = pool.submit(time.sleep, 1)
    if not future.done():
        return None
    return future.result()


@app.get("/looped")
async def looped() -> Any:  #: endpoint GET /looped clean
    future = pool.submit(time.sleep, 1)
    while not future.done():
        await asyncio.sleep(0.1)
    return future.result()


@app.get("/awaited")
async def awaited() -> Any:  #: endpoint GET /awaited clean
    future = pool.submit(time.sleep, 1)
    await asyncio.wrap_future(future)
    return future.result()


@app.get("/task")
async def task() -> Any:  #: endpoint GET /task clean
    task = asyncio.create_task(asyncio.sleep(1))
    await asyncio.wait({task})
    return task.result()
