# Tasks that are stored, added, awaited, returned, gathered, or held by their group.
import asyncio

from fastapi import FastAPI

app = FastAPI()
running: set[asyncio.Task[int]] = set()


class Jobs:
    def __init__(self) -> None:
        self.current: asyncio.Task[int] | None = None
        self.all: list[asyncio.Task[int]] = []

    def start(self) -> None:
        self.current = asyncio.create_task(refresh(1))
        self.all.append(asyncio.create_task(refresh(2)))


async def refresh(n: int) -> int:  #: task clean
    await asyncio.sleep(n)
    return n


def spawn(n: int) -> asyncio.Task[int]:
    return asyncio.create_task(refresh(n))


jobs = Jobs()


@app.post("/set")
async def in_a_set() -> None:  #: endpoint POST /set clean
    task = asyncio.create_task(refresh(1))
    running.add(task)
    task.add_done_callback(running.discard)


@app.post("/object")
async def on_an_object() -> None:  #: endpoint POST /object clean
    jobs.start()


@app.post("/awaited")
async def awaited() -> int:  #: endpoint POST /awaited clean
    return await asyncio.create_task(refresh(1))


@app.post("/gathered")
async def gathered() -> list[int]:  #: endpoint POST /gathered clean
    return await asyncio.gather(*[asyncio.create_task(refresh(n)) for n in range(3)])


@app.post("/group")
async def grouped() -> None:  #: endpoint POST /group clean
    async with asyncio.TaskGroup() as group:
        group.create_task(refresh(1))


@app.post("/returned")
async def returned() -> int:  #: endpoint POST /returned clean
    return await spawn(1)


@app.post("/state")
async def in_state() -> None:  #: endpoint POST /state clean
    app.state.task = asyncio.create_task(refresh(1))
