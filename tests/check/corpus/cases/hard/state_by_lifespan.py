# The lifespan yields a dictionary; endpoints read the async clients from `request.state`.
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypedDict

import asyncpg
import httpx
from fastapi import FastAPI, Request


class State(TypedDict):
    http: httpx.AsyncClient
    pool: asyncpg.Pool


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[State]:  #: lifespan clean
    async with httpx.AsyncClient() as http, asyncpg.create_pool("postgresql://localhost/app") as pool:
        yield {"http": http, "pool": pool}


app = FastAPI(lifespan=lifespan)


@app.get("/status")
async def status(request: Request) -> int:  #: endpoint GET /status clean
    response = await request.state.http.get("https://example.org")
    return response.status_code


@app.get("/count")
async def count(request: Request) -> int:  #: endpoint GET /count clean
    async with request.state.pool.acquire() as connection:
        return await connection.fetchval("select count(*) from items")
