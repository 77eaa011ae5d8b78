# Coroutines that block are kept in variables and lists, and gathered later.
import asyncio

import requests
from fastapi import FastAPI

app = FastAPI()


async def fetch(url: str) -> int:  #:? task blocks requests.get=error
    return requests.get(url, timeout=3).status_code


async def pause(seconds: float) -> float:  #:? task clean
    await asyncio.sleep(seconds)
    return seconds


@app.post("/list")
async def by_list(urls: list[str]) -> list[int]:  #: endpoint POST /list blocks requests.get=error
    pending = []
    for url in urls:
        pending.append(fetch(url))
    return await asyncio.gather(*pending)


@app.get("/variable")
async def by_variable(url: str) -> int:  #: endpoint GET /variable blocks requests.get=error
    coroutine = fetch(url)
    await asyncio.sleep(0)
    return await coroutine


@app.get("/timeout")
async def with_timeout(url: str) -> int:  #: endpoint GET /timeout blocks requests.get=error
    return await asyncio.wait_for(fetch(url), timeout=1)


@app.get("/pauses")
async def pauses() -> list[float]:  #: endpoint GET /pauses clean
    return await asyncio.gather(pause(0.1), pause(0.2))
