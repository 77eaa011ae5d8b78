# Locks, events, queues, threads and futures of the threaded world, waited for on the loop.
import queue
import threading
from concurrent.futures import ThreadPoolExecutor

from fastapi import FastAPI

app = FastAPI()
lock = threading.Lock()
ready = threading.Event()
jobs: queue.Queue[str] = queue.Queue()
pool = ThreadPoolExecutor(2)


@app.post("/lock")
async def take() -> None:  #: endpoint POST /lock blocks Lock.acquire=error
    lock.acquire()
    lock.release()


@app.get("/ready")
async def wait_ready() -> bool:  #: endpoint GET /ready blocks Event.wait=error
    return ready.wait(5)


@app.get("/job")
async def job() -> str:  #: endpoint GET /job blocks Queue.get=error
    return jobs.get()


@app.get("/join")
async def join() -> None:  #: endpoint GET /join blocks Thread.join=error
    worker = threading.Thread(target=print)
    worker.start()
    worker.join()


@app.get("/sum")
async def total() -> int:  #: endpoint GET /sum blocks Future.result=error
    return pool.submit(sum, [1, 2, 3]).result()
