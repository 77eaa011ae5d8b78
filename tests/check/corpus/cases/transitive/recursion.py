# Functions that call themselves and each other; one circle blocks, one does not.
import time

from fastapi import FastAPI

app = FastAPI()


def ping(n: int) -> int:
    return pong(n - 1) if n else 0


def pong(n: int) -> int:
    time.sleep(0.1)
    return ping(n - 1) if n > 0 else 0


def even(n: int) -> bool:
    return n == 0 or odd(n - 1)


def odd(n: int) -> bool:
    return n != 0 and even(n - 1)


@app.get("/ping/{n}")
async def start(n: int) -> int:  #: endpoint GET /ping/{n} blocks time.sleep=error
    return ping(n)


@app.get("/even/{n}")
async def is_even(n: int) -> bool:  #: endpoint GET /even/{n} clean
    return even(n)
