# In a thread all of that is right: there is no loop there, or another one.
import asyncio

import anyio.from_thread
from fastapi import FastAPI, Request

app = FastAPI()


async def compute() -> int:  #:? task clean
    await asyncio.sleep(0)
    return 1


@app.get("/run")
def run() -> int:  #: endpoint GET /run clean on thread
    return asyncio.run(compute())


@app.get("/own-loop")
def own_loop() -> int:  #: endpoint GET /own-loop clean on thread
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(compute())
    finally:
        loop.close()


@app.get("/back")
def back(request: Request) -> int:  #: endpoint GET /back clean on thread
    return asyncio.run_coroutine_threadsafe(compute(), request.app.state.loop).result()


@app.get("/anyio")
def by_anyio() -> int:  #: endpoint GET /anyio clean on thread
    return anyio.from_thread.run(compute)


def main() -> None:
    asyncio.run(compute())
