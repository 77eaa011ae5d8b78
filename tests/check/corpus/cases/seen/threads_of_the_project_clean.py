# A class of the project that derives from `Thread` starts like any other.
import threading
import time

from fastapi import FastAPI

app = FastAPI()


class Worker(threading.Thread):
    def __init__(self, index: int) -> None:
        super().__init__(daemon=True, name=f"worker {index}")

    def run(self) -> None:
        while True:
            time.sleep(1)


class Slow(threading.Thread):
    def start(self) -> None:
        time.sleep(1)
        super().start()


class Other:
    def start(self) -> None:
        time.sleep(3)


@app.get("/start")
async def start() -> None:  #: endpoint GET /start clean
    for index in range(3):
        Worker(index).start()
