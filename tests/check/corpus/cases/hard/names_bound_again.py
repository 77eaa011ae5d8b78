# One name, two values: an alias of a class, a conditional client, a parameter that hides a module.
import httpx
import redis
import redis.asyncio as aioredis
import requests
from fastapi import FastAPI

app = FastAPI()
Client = httpx.AsyncClient
SYNC = True


def connect():
    if SYNC:
        return redis.Redis()
    return aioredis.Redis()


def describe(requests: list[str]) -> str:
    return requests.pop() if requests else ""


@app.get("/aliased")
async def aliased() -> int:  #: endpoint GET /aliased clean
    async with Client() as client:
        response = await client.get("https://example.org")
    return response.status_code


@app.get("/either")
async def either():  #: endpoint GET /either blocks Redis.get=error
    client = connect()
    return client.get("a")


@app.get("/hidden")
async def hidden() -> str:  #: endpoint GET /hidden clean
    open = str.upper
    return open(describe(["a"]))


@app.get("/seen")
async def seen() -> int:  #: endpoint GET /seen blocks requests.get=error
    return requests.get("https://example.org", timeout=1).status_code
