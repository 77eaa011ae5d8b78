# Operators call methods: `[]`, `in`, `+`, `len` and `==` of a class of the project.
import shelve

import redis
from fastapi import FastAPI

app = FastAPI()


class Cache:
    def __init__(self) -> None:
        self.redis = redis.Redis()

    def __getitem__(self, key: str) -> str:
        return self.redis.get(key)

    def __contains__(self, key: str) -> bool:
        return bool(self.redis.exists(key))

    def __len__(self) -> int:
        return 3


cache = Cache()


@app.get("/items/{key}")
async def item(key: str) -> str:  #: endpoint GET /items/{key} blocks Redis.get=error
    return cache[key]


@app.get("/known/{key}")
async def known(key: str) -> bool:  #: endpoint GET /known/{key} blocks Redis.exists=error
    return key in cache


@app.get("/length")
async def length() -> int:  #: endpoint GET /length clean
    return len(cache)
