# One factory makes the endpoints of several routes, and tasks: each is followed with what it was given.
import asyncio
import time

from fastapi import FastAPI

app = FastAPI()


def quick() -> int:
    return 1


def slow() -> int:
    time.sleep(1)
    return 2


def endpoint_of(work):
    async def endpoint():  #: endpoint GET /quick, GET /slow blocks time.sleep=error
        return work()

    return endpoint


app.add_api_route("/quick", endpoint_of(quick))
app.add_api_route("/slow", endpoint_of(slow))


def fetch() -> None:
    time.sleep(2)


async def in_background(work):  #: task blocks time.sleep=error
    work()


@app.post("/first")
async def first() -> None:  #: endpoint POST /first clean
    task = asyncio.create_task(in_background(quick))
    await asyncio.sleep(0)
    task.cancel()


@app.post("/second")
async def second() -> None:  #: endpoint POST /second clean
    task = asyncio.create_task(in_background(fetch))
    await asyncio.sleep(0)
    task.cancel()
