# Blocking functions handed to `asyncio.to_thread`, with arguments and keywords.
import asyncio

import requests
from fastapi import FastAPI

app = FastAPI()


def fetch(url: str, *, timeout: float) -> int:
    return requests.get(url, timeout=timeout).status_code


@app.get("/status")
async def status(url: str) -> int:  #: endpoint GET /status clean
    return await asyncio.to_thread(fetch, url, timeout=3.0)


@app.get("/head")
async def head(url: str) -> int:  #: endpoint GET /head clean
    response = await asyncio.to_thread(requests.head, url)
    return response.status_code


@app.get("/both")
async def both(first: str, second: str) -> list[int]:  #: endpoint GET /both clean
    return await asyncio.gather(
        asyncio.to_thread(fetch, first, timeout=1.0),
        asyncio.to_thread(fetch, second, timeout=1.0),
    )
