# The `threading` lock is released before anything is awaited, or belongs to the function in the thread.
#: silent CW402
import asyncio
import threading

from fastapi import FastAPI

app = FastAPI()
lock = threading.Lock()
values: list[int] = []


def locked_sum() -> int:
    with lock:
        return sum(values)


@app.get("/sum")
async def total() -> int:  #: endpoint GET /sum clean
    return await asyncio.to_thread(locked_sum)


@app.post("/values")
async def add(n: int) -> None:  #: endpoint POST /values clean|blocks
    with lock:
        values.append(n)
    await asyncio.sleep(0)
