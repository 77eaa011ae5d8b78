# The async client is set by `connect()` at start-up; awaited everywhere.
from contextlib import asynccontextmanager

import redis.asyncio as redis
from fastapi import FastAPI


class Cache:
    def __init__(self, url: str) -> None:
        self.url = url
        self.client: redis.Redis | None = None

    async def connect(self) -> None:
        self.client = redis.Redis.from_url(self.url)
        await self.client.ping()

    async def read(self, key: str) -> str | None:
        if self.client is None:
            raise RuntimeError("not connected")
        return await self.client.get(key)


cache = Cache("redis://localhost")


@asynccontextmanager
async def lifespan(app: FastAPI):  #: lifespan clean
    await cache.connect()
    yield


app = FastAPI(lifespan=lifespan)


@app.get("/cache/{key}")
async def read(key: str):  #: endpoint GET /cache/{key} clean
    return await cache.read(key)
