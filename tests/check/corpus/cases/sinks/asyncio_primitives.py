# asyncio's primitives of the same names, and the calls of the threaded ones that never wait.
import asyncio
import queue
import threading

from fastapi import FastAPI, HTTPException

app = FastAPI()
lock = asyncio.Lock()
ready = asyncio.Event()
jobs: asyncio.Queue[str] = asyncio.Queue()
threaded = threading.Lock()
outbox: queue.SimpleQueue[str] = queue.SimpleQueue()
inbox: queue.Queue[str] = queue.Queue()


@app.post("/lock")
async def take() -> None:  #: endpoint POST /lock clean
    async with lock:
        await asyncio.sleep(0)
    await lock.acquire()
    lock.release()


@app.get("/ready")
async def wait_ready() -> bool:  #: endpoint GET /ready clean
    return await asyncio.wait_for(ready.wait(), 5)


@app.get("/job")
async def job() -> str:  #: endpoint GET /job clean
    return await jobs.get()


@app.post("/try")
async def try_lock() -> bool:  #: endpoint POST /try clean
    taken = threaded.acquire(blocking=False)
    if taken:
        threaded.release()
    return taken


@app.get("/inbox")
async def take_one() -> str:  #: endpoint GET /inbox clean
    try:
        return inbox.get_nowait()
    except queue.Empty:
        raise HTTPException(204) from None


@app.post("/outbox")
async def put(text: str) -> None:  #: endpoint POST /outbox clean
    outbox.put(text)
