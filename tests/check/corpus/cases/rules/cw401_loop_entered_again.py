# The running loop is entered again, or waited for by itself: an error or a deadlock.
import asyncio

from fastapi import FastAPI

app = FastAPI()


async def compute() -> int:  #:? task clean
    await asyncio.sleep(0)
    return 1


def compute_sync() -> int:
    return asyncio.run(compute())


@app.get("/run")
async def run() -> int:  #: endpoint GET /run blocks|clean
    return asyncio.run(compute())  #! CW401 error


@app.get("/until")
async def until() -> int:  #: endpoint GET /until blocks|clean
    loop = asyncio.get_event_loop()
    return loop.run_until_complete(compute())  #! CW401 error


@app.get("/thread")
def thread() -> int:  #: endpoint GET /thread clean on thread
    return asyncio.run(compute())


@app.get("/offloaded")
async def offloaded() -> int:  #: endpoint GET /offloaded clean
    return await asyncio.to_thread(compute_sync)
