# Coroutines kept on purpose: gathered, stored, returned or passed on, and awaited elsewhere.
import asyncio
from collections.abc import Coroutine
from typing import Any

from fastapi import FastAPI

app = FastAPI()


async def notify(user: str) -> bool:  #:? task clean
    return bool(user)


def later(user: str) -> Coroutine[Any, Any, bool]:
    return notify(user)


async def finish(work: Coroutine[Any, Any, bool]) -> bool:
    return await work


@app.post("/gathered")
async def gathered(users: list[str]) -> list[bool]:  #: endpoint POST /gathered clean
    pending = [notify(user) for user in users]
    return await asyncio.gather(*pending)


@app.post("/kept")
async def kept(user: str) -> bool:  #: endpoint POST /kept clean
    sending = notify(user)
    return await sending


@app.post("/returned")
async def returned(user: str) -> bool:  #: endpoint POST /returned clean
    return await later(user)


@app.post("/passed")
async def passed(user: str) -> bool:  #: endpoint POST /passed clean
    return await finish(notify(user))


@app.post("/branches")
async def branches(user: str, quick: bool) -> bool:  #: endpoint POST /branches clean
    work = notify(user) if quick else later(user)
    return await asyncio.wait_for(work, timeout=1)
