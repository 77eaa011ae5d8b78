# Containers and stacks that hand out what they were given, or make it.
import asyncio
import collections
import time
from contextlib import AsyncExitStack, ExitStack

from fastapi import FastAPI

app = FastAPI()


class Slow:
    def go(self) -> None:
        time.sleep(1)


class Quick:
    def go(self) -> None:
        return None


async def one(number: int) -> None:
    time.sleep(number)


async def none(number: int) -> None:
    await asyncio.sleep(number)


@app.get("/default")
async def default() -> None:  #: endpoint GET /default blocks time.sleep=error
    made = collections.defaultdict(Slow)
    made["x"].go()


@app.get("/queue")
async def queue() -> None:  #: endpoint GET /queue blocks time.sleep
    waiting: asyncio.Queue[Slow] = asyncio.Queue()
    await waiting.put(Slow())
    (await waiting.get()).go()


@app.get("/pushed")
async def pushed() -> None:  #: endpoint GET /pushed blocks time.sleep=error
    async with AsyncExitStack() as stack:
        stack.push_async_callback(one, 1)


@app.get("/callback")
async def callback() -> None:  #: endpoint GET /callback blocks time.sleep=error
    with ExitStack() as stack:
        stack.callback(time.sleep, 1)


@app.get("/joined")
async def joined() -> None:  #: endpoint GET /joined blocks time.sleep=error
    both = {"a": Slow()} | {"b": Slow()}
    both["a"].go()


@app.get("/quick-default")
async def quick_default() -> None:  #: endpoint GET /quick-default clean
    made = collections.defaultdict(Quick)
    made["x"].go()


@app.get("/quick-queue")
async def quick_queue() -> None:  #: endpoint GET /quick-queue clean
    waiting: asyncio.Queue[Quick] = asyncio.Queue()
    await waiting.put(Quick())
    (await waiting.get()).go()


@app.get("/quick-pushed")
async def quick_pushed() -> None:  #: endpoint GET /quick-pushed clean
    async with AsyncExitStack() as stack:
        stack.push_async_callback(none, 1)


@app.get("/quick-joined")
async def quick_joined() -> None:  #: endpoint GET /quick-joined clean
    both = {"a": Quick()} | {"b": Quick()}
    both["a"].go()
