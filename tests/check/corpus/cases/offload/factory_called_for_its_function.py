# `to_thread(make())` is right where `make` returns the function that is to run.
import asyncio
import time
from collections.abc import Callable

from fastapi import FastAPI

app = FastAPI()


def worker(seconds: float) -> Callable[[], float]:
    def work() -> float:
        time.sleep(seconds)
        return seconds

    return work


@app.get("/work")
async def work() -> float:  #: endpoint GET /work clean
    return await asyncio.to_thread(worker(2.0))


@app.get("/executor")
async def in_executor() -> float:  #: endpoint GET /executor clean
    return await asyncio.get_running_loop().run_in_executor(None, worker(2.0))
