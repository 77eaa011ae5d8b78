# The client is set by `connect()`, not by `__init__`, and typed as optional before.
import redis
from fastapi import FastAPI

app = FastAPI()


class Cache:
    def __init__(self, url: str) -> None:
        self.url = url
        self.client: redis.Redis | None = None

    def connect(self) -> "Cache":
        self.client = redis.Redis.from_url(self.url)
        return self

    def read(self, key: str) -> str | None:
        if self.client is None:
            raise RuntimeError("not connected")
        return self.client.get(key)


cache = Cache("redis://localhost").connect()


@app.get("/cache/{key}")
async def read(key: str):  #: endpoint GET /cache/{key} blocks Redis.get=error
    return cache.read(key)


@app.get("/url")
async def url() -> str:  #: endpoint GET /url clean
    return cache.url
