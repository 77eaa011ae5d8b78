# A task runs by itself: what waits for one that other code started does not block by it.
import asyncio
import time

from fastapi import FastAPI

app = FastAPI()


class Works:
    def __init__(self) -> None:
        self._tasks: list[asyncio.Task[None]] = []
        self._last: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._last = asyncio.create_task(self.work())
        self._tasks.append(self._last)

    async def work(self) -> None:  #: task blocks time.sleep=error
        time.sleep(3)

    async def drain(self) -> None:
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def last(self) -> None:
        if self._last is not None:
            await asyncio.wait_for(self._last, 5)
            await self._last


works = Works()


async def part() -> None:  #:? task blocks time.sleep=error
    time.sleep(1)


@app.get("/start")
async def start() -> None:  #: endpoint GET /start clean
    works.start()


@app.get("/drain")
async def drain() -> None:  #: endpoint GET /drain clean
    await works.drain()


@app.get("/last")
async def last() -> None:  #: endpoint GET /last clean
    await works.last()


@app.get("/here")
async def here() -> None:  #: endpoint GET /here blocks time.sleep=error
    await asyncio.gather(part(), part())


@app.get("/own")
async def own() -> None:  #: endpoint GET /own blocks time.sleep=error
    task = asyncio.create_task(part())
    await asyncio.sleep(0)
    await task
