# Many offloaded calls at once: built in a comprehension, kept in a list, gathered or grouped.
import asyncio

import requests
from fastapi import FastAPI

app = FastAPI()


def fetch(url: str) -> int:
    return requests.get(url, timeout=5).status_code


async def fetch_async(url: str) -> int:  #:? task clean
    return await asyncio.to_thread(fetch, url)


@app.post("/all")
async def collect(urls: list[str]) -> list[int]:  #: endpoint POST /all clean
    return await asyncio.gather(*[asyncio.to_thread(fetch, url) for url in urls])


@app.post("/group")
async def grouped(urls: list[str]) -> list[int]:  #: endpoint POST /group clean
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(fetch_async(url)) for url in urls]
    return [task.result() for task in tasks]


@app.post("/first")
async def first(urls: list[str]) -> int:  #: endpoint POST /first clean
    loop = asyncio.get_running_loop()
    futures = [loop.run_in_executor(None, fetch, url) for url in urls]
    done, _ = await asyncio.wait(futures, return_when=asyncio.FIRST_COMPLETED)
    return done.pop().result()
