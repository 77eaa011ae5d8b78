# redis.asyncio has a class of the same name.
import redis.asyncio as redis
from fastapi import FastAPI
from redis.asyncio import Redis

app = FastAPI()
cache = redis.Redis(host="localhost", decode_responses=True)
other = Redis.from_url("redis://other")


@app.get("/cached/{key}")
async def read(key: str):  #: endpoint GET /cached/{key} clean
    return await cache.get(key)


@app.post("/batch")
async def batch() -> list:  #: endpoint POST /batch clean
    async with other.pipeline(transaction=True) as pipe:
        return await pipe.incr("a").expire("a", 60).execute()
