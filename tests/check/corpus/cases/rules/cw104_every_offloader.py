# The function is called where it was meant to be handed over, to each offloader.
import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import anyio
from fastapi import BackgroundTasks, FastAPI
from fastapi.concurrency import run_in_threadpool

app = FastAPI()
pool = ThreadPoolExecutor()


def work(n: int) -> int:
    time.sleep(n)
    return n


@app.get("/threadpool")
async def by_threadpool():  #: endpoint GET /threadpool blocks time.sleep
    return await run_in_threadpool(work(1))  #! CW104 error


@app.get("/anyio")
async def by_anyio():  #: endpoint GET /anyio blocks time.sleep
    return await anyio.to_thread.run_sync(work(1))  #! CW104 error


@app.get("/submit")
async def by_submit() -> None:  #: endpoint GET /submit blocks time.sleep
    pool.submit(work(1))  #! CW104 error


@app.get("/thread")
async def by_thread() -> None:  #: endpoint GET /thread blocks time.sleep
    threading.Thread(target=work(1)).start()  #! CW104 error
