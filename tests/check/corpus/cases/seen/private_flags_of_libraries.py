# What a library's object keeps to itself is as usual where the code asks with a default; its own flags may change.
import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from fastapi import FastAPI

app = FastAPI()
EXECUTOR = ThreadPoolExecutor()


class Own:
    def __init__(self) -> None:
        self._closed = False

    def close(self) -> None:
        self._closed = True


OWN = Own()


@app.get("/library")
async def of_a_library() -> Any:  #: endpoint GET /library clean
    if getattr(EXECUTOR, "_shutdown", False):
        time.sleep(1)
    return await asyncio.get_running_loop().run_in_executor(EXECUTOR, time.sleep, 1)


@app.get("/own")
async def of_our_own() -> None:  #: endpoint GET /own blocks time.sleep
    if getattr(OWN, "_closed", False):
        time.sleep(1)


@app.get("/public")
async def public() -> None:  #: endpoint GET /public blocks time.sleep
    if getattr(EXECUTOR, "closed", False):
        time.sleep(1)
