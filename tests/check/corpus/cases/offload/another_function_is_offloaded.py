# One function is handed over, another still blocks on the loop, before or after.
import asyncio

import requests
from fastapi import FastAPI

app = FastAPI()


def token() -> str:
    return requests.post("https://auth.example.org/token", timeout=2).text


def fetch(url: str, token: str) -> str:
    return requests.get(url, headers={"Authorization": token}, timeout=2).text


@app.get("/argument")
async def as_argument(url: str) -> str:  #: endpoint GET /argument blocks requests.post=error
    return await asyncio.to_thread(fetch, url, token())


@app.get("/before")
async def before(url: str) -> str:  #: endpoint GET /before blocks requests.post=error
    authorization = token()
    return await asyncio.to_thread(fetch, url, authorization)


@app.get("/neither")
async def neither(url: str) -> str:  #: endpoint GET /neither clean
    authorization = await asyncio.to_thread(token)
    return await asyncio.to_thread(fetch, url, authorization)
