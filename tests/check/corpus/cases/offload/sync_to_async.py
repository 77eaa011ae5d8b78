# asgiref's `sync_to_async`, as function and as decorator.
import time

from asgiref.sync import sync_to_async
from fastapi import FastAPI

app = FastAPI()


def work(n: int) -> int:
    time.sleep(1)
    return n


work_async = sync_to_async(work, thread_sensitive=False)


@sync_to_async
def decorated(n: int) -> int:
    time.sleep(1)
    return n


@app.get("/wrapped/{n}")
async def wrapped(n: int) -> int:  #: endpoint GET /wrapped/{n} clean
    return await sync_to_async(work)(n)


@app.get("/kept/{n}")
async def kept(n: int) -> int:  #: endpoint GET /kept/{n} clean
    return await work_async(n)


@app.get("/decorated/{n}")
async def by_decorator(n: int) -> int:  #: endpoint GET /decorated/{n} clean
    return await decorated(n)
