# Starlette's and FastAPI's `run_in_threadpool`, under either name.
import time

from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool
from starlette.concurrency import run_in_threadpool as in_pool

app = FastAPI()


class Meter:
    def read(self, channel: int) -> float:
        time.sleep(0.2)
        return channel / 2


meter = Meter()


@app.get("/meter/{channel}")
async def read_meter(channel: int) -> float:  #: endpoint GET /meter/{channel} clean
    return await run_in_threadpool(meter.read, channel)


@app.get("/meter")
async def read_first() -> float:  #: endpoint GET /meter clean
    return await in_pool(Meter().read, channel=0)
