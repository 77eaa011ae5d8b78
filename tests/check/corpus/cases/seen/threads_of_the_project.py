# A class of the project that derives from `Thread` starts like any other; its own `start` is another matter.
import threading
import time

from fastapi import FastAPI

app = FastAPI()


class Worker(threading.Thread):
    def __init__(self, index: int) -> None:
        super().__init__(daemon=True, name=f"worker {index}")

    def run(self) -> None:
        time.sleep(1)


class Slow(threading.Thread):
    def start(self) -> None:
        time.sleep(1)
        super().start()


class Other:
    def start(self) -> None:
        time.sleep(3)


@app.get("/slow")
async def slow() -> None:  #: endpoint GET /slow blocks time.sleep=error
    Slow().start()


@app.get("/join")
async def join() -> None:  #: endpoint GET /join blocks threading.Thread.join=error
    worker = Worker(1)
    worker.start()
    worker.join()


@app.get("/other")
async def other() -> None:  #: endpoint GET /other blocks time.sleep=error
    Other().start()
