# A worker thread with a queue: the endpoint only puts, the thread waits.
import queue
import threading
import time
from contextlib import asynccontextmanager

from fastapi import FastAPI

jobs: queue.SimpleQueue[str | None] = queue.SimpleQueue()


def work() -> None:
    while (job := jobs.get()) is not None:
        time.sleep(len(job))


@asynccontextmanager
async def lifespan(app: FastAPI):  #: lifespan clean
    worker = threading.Thread(target=work, daemon=True)
    worker.start()
    yield
    jobs.put(None)


app = FastAPI(lifespan=lifespan)


@app.post("/jobs/{name}")
async def add(name: str) -> None:  #: endpoint POST /jobs/{name} clean
    jobs.put(name)
