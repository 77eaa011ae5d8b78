# Coroutines handed to what awaits them: `wait_for`, `shield`, tasks, groups, `timeout`, another loop.
import asyncio

import anyio
from fastapi import FastAPI

app = FastAPI()


async def load(n: int) -> int:  #:? task clean
    await asyncio.sleep(0)
    return n


@app.get("/wait-for")
async def by_wait_for() -> int:  #: endpoint GET /wait-for clean
    return await asyncio.wait_for(load(1), 1)


@app.get("/shield")
async def by_shield() -> int:  #: endpoint GET /shield clean
    return await asyncio.shield(load(1))


@app.get("/as-completed")
async def by_as_completed() -> list[int]:  #: endpoint GET /as-completed clean
    return [await done for done in asyncio.as_completed([load(1), load(2)])]


@app.get("/tasks")
async def by_tasks() -> int:  #: endpoint GET /tasks clean
    first = asyncio.create_task(load(1))
    second = asyncio.ensure_future(load(2))
    return await first + await second


@app.get("/group")
async def by_group() -> int:  #: endpoint GET /group clean
    async with asyncio.TaskGroup() as group:
        one = group.create_task(load(1))
        two = group.create_task(load(2))
    return one.result() + two.result()


@app.get("/anyio")
async def by_anyio() -> None:  #: endpoint GET /anyio clean
    async with anyio.create_task_group() as group:
        group.start_soon(load, 1)


@app.get("/conditional")
async def conditional(quick: bool) -> int:  #: endpoint GET /conditional clean
    return await (load(1) if quick else load(2))
