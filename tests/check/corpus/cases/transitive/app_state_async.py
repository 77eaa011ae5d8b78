# An async client on `app.state`, and one that a dependency takes from there.
from typing import Annotated

import redis.asyncio as redis
from fastapi import Depends, FastAPI, Request

app = FastAPI()
app.state.redis = redis.Redis()


def get_redis(request: Request) -> redis.Redis:  #: dependency clean on thread
    return request.app.state.redis


@app.get("/direct")
async def direct(request: Request):  #: endpoint GET /direct clean
    return await request.app.state.redis.get("a")


@app.get("/injected")
async def injected(client: Annotated[redis.Redis, Depends(get_redis)]):  #: endpoint GET /injected clean
    return await client.get("a")
