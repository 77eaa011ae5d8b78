# `to_thread(f(x))` runs `f` on the loop and hands its result to the thread.
import asyncio

import requests
from fastapi import FastAPI

app = FastAPI()


def fetch(url: str) -> str:
    return requests.get(url, timeout=3).text


@app.get("/page")
async def page(url: str):  #: endpoint GET /page blocks requests.get
    return await asyncio.to_thread(fetch(url))  #! CW104 error


@app.get("/right")
async def right(url: str):  #: endpoint GET /right clean
    return await asyncio.to_thread(fetch, url)
