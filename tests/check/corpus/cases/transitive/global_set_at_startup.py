# A global that is None until start-up, when a function assigns the client.
from contextlib import asynccontextmanager

import redis
from fastapi import FastAPI

client: redis.Redis | None = None
started: float | None = None


def connect() -> None:
    global client, started
    client = redis.Redis(host="cache")
    started = 1.0


@asynccontextmanager
async def lifespan(app: FastAPI):  #: lifespan clean
    connect()
    yield


app = FastAPI(lifespan=lifespan)


@app.get("/hits")
async def hits():  #: endpoint GET /hits blocks Redis.get=error
    assert client is not None
    return client.get("hits")


@app.get("/started")
async def read_started() -> float:  #: endpoint GET /started clean
    return started or 0.0
