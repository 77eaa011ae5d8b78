# Functions within the endpoint: called, only defined, or awaited.
import asyncio
import time

from fastapi import FastAPI

app = FastAPI()


@app.get("/called")
async def called() -> int:  #: endpoint GET /called blocks time.sleep=error
    def step(seconds: float) -> int:
        time.sleep(seconds)
        return 1

    return step(0.1) + step(0.2)


@app.get("/defined")
async def defined() -> int:  #: endpoint GET /defined clean
    def step() -> int:
        time.sleep(1)
        return 1

    return await asyncio.to_thread(step)


@app.get("/awaited")
async def awaited() -> int:  #: endpoint GET /awaited blocks time.sleep=error
    async def step() -> int:
        time.sleep(0.1)
        return 1

    return await step()
