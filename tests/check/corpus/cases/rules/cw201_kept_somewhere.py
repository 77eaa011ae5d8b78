# Coroutines that go on living: on an object, in a list, in a dictionary, through `yield`, by a callback.
import asyncio
from collections.abc import Coroutine, Iterator
from typing import Any

from fastapi import FastAPI

app = FastAPI()


async def send(user: str) -> str:  #:? task clean
    return user


class Outbox:
    def __init__(self, user: str) -> None:
        self.pending = send(user)
        self.more: list[Coroutine[Any, Any, str]] = []

    def add(self, user: str) -> None:
        self.more.append(send(user))

    async def flush(self) -> list[str]:
        return [await self.pending, *[await coroutine for coroutine in self.more]]


def batch(users: list[str]) -> Iterator[Coroutine[Any, Any, str]]:
    for user in users:
        yield send(user)


@app.post("/outbox")
async def use_outbox(user: str) -> list[str]:  #: endpoint POST /outbox clean
    outbox = Outbox(user)
    outbox.add(user)
    return await outbox.flush()


@app.post("/batch")
async def use_batch(users: list[str]) -> list[str]:  #: endpoint POST /batch clean
    return [await coroutine for coroutine in batch(users)]


@app.post("/named")
async def named(user: str) -> dict[str, str]:  #: endpoint POST /named clean
    work = {name: send(name) for name in (user, "admin")}
    return dict(zip(work, await asyncio.gather(*work.values()), strict=True))


@app.post("/callback")
async def callback(user: str) -> str:  #: endpoint POST /callback clean
    make = lambda: send(user)  # noqa: E731
    return await make()
