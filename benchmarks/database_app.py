"""An `async def` that asks PostgreSQL by a driver that blocks. The same app under plain uvicorn and Clearway."""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncIterator

import psycopg2.pool
from fastapi import FastAPI

DSN = "CLEARWAY_BENCHMARK_DSN"
CONNECTIONS = 50


@contextlib.asynccontextmanager
async def with_pool(app: FastAPI) -> AsyncIterator[None]:
    app.state.pool = psycopg2.pool.ThreadedConnectionPool(CONNECTIONS, CONNECTIONS, os.environ[DSN])
    yield
    app.state.pool.closeall()


app = FastAPI(lifespan=with_pool)


@app.get("/async/", response_model=None)
async def trivial() -> dict[str, str]:
    return {"message": "hello"}


@app.get("/database/", response_model=None)
async def database() -> dict[str, str]:
    pool = app.state.pool
    connection = pool.getconn()
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(0.1)")
        connection.rollback()
    finally:
        pool.putconn(connection)
    await _rendered()
    return {"message": "slept"}


async def _rendered() -> None:
    """So that the endpoint awaits something: one that never does would run in the thread lane."""
