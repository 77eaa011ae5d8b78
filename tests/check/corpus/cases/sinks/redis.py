# redis-py's sync client, its pipeline and its cache decorator's hand-written form.
import json

import redis
from fastapi import FastAPI

app = FastAPI()
cache = redis.Redis(host="localhost", decode_responses=True)


def cached(key: str) -> dict | None:
    value = cache.get(key)
    return json.loads(value) if value else None


@app.get("/cached/{key}")
async def read(key: str):  #: endpoint GET /cached/{key} blocks Redis.get=error
    return cached(key)


@app.post("/hits")
async def hit() -> int:  #: endpoint POST /hits blocks Redis.incr=error
    return cache.incr("hits")


@app.post("/batch")
async def batch() -> list:  #: endpoint POST /batch blocks Pipeline.execute=error
    pipe = cache.pipeline()
    pipe.incr("a")
    pipe.expire("a", 60)
    return pipe.execute()
