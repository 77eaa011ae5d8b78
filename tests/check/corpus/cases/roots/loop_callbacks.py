# Functions that the loop calls back: plain `def`, and still on the loop.
import asyncio
import time

from fastapi import FastAPI

app = FastAPI()


def flush(name: str) -> None:  #: task blocks open=warning … on loop
    with open(name, "a") as file:
        file.write("flushed\n")


def count(task: asyncio.Task[None]) -> None:  #:? task clean on loop
    app.state.done = getattr(app.state, "done", 0) + 1


def nap() -> None:  #: task blocks time.sleep=error on loop
    time.sleep(1)


@app.post("/flush")
async def later() -> None:  #: endpoint POST /flush clean|blocks
    loop = asyncio.get_running_loop()
    loop.call_later(5, flush, "log.txt")
    loop.call_soon(nap)
