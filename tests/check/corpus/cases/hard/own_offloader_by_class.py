# An offloader as a callable object and as a context manager's value.
import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import requests
from fastapi import FastAPI

app = FastAPI()


class Threads:
    def __init__(self, most: int) -> None:
        self.pool = ThreadPoolExecutor(most)

    async def __call__(self, function: Callable[..., Any], *args: Any) -> Any:  #:? task clean
        return await asyncio.get_running_loop().run_in_executor(self.pool, function, *args)

    async def all(self, function: Callable[..., Any], values: list[Any]) -> list[Any]:
        return await asyncio.gather(*(self(function, value) for value in values))


threads = Threads(4)


def fetch(url: str) -> int:
    return requests.get(url, timeout=3).status_code


@app.get("/one")
async def one(url: str) -> int:  #: endpoint GET /one clean
    return await threads(fetch, url)


@app.post("/all")
async def collect(urls: list[str]) -> list[int]:  #: endpoint POST /all clean
    return await threads.all(fetch, urls)
