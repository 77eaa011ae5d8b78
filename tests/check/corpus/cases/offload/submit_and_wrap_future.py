# An executor's future, awaited by `asyncio.wrap_future`.
import asyncio
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

from fastapi import FastAPI

app = FastAPI()
threads = ThreadPoolExecutor(4)
processes = ProcessPoolExecutor(2)


def crunch(n: int) -> int:
    time.sleep(1)
    return n * n


@app.get("/threads/{n}")
async def in_threads(n: int) -> int:  #: endpoint GET /threads/{n} clean
    return await asyncio.wrap_future(threads.submit(crunch, n))


@app.get("/processes/{n}")
async def in_processes(n: int) -> int:  #: endpoint GET /processes/{n} clean
    future = processes.submit(crunch, n)
    return await asyncio.wrap_future(future)


@app.post("/forget/{n}")
async def forget(n: int) -> None:  #: endpoint POST /forget/{n} clean
    threads.submit(crunch, n)
