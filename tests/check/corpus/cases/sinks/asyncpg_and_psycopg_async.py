# asyncpg, and psycopg's async connection.
import asyncpg
import psycopg
from fastapi import FastAPI, Request
from psycopg_pool import AsyncConnectionPool

app = FastAPI()
pool = AsyncConnectionPool("dbname=app", open=False)


@app.get("/items")
async def items():  #: endpoint GET /items clean
    connection = await asyncpg.connect("postgresql://localhost/app")
    try:
        return [dict(row) for row in await connection.fetch("select * from items")]
    finally:
        await connection.close()


@app.get("/count")
async def count():  #: endpoint GET /count clean
    async with await psycopg.AsyncConnection.connect("dbname=app") as connection, connection.cursor() as cursor:
        await cursor.execute("select count(*) from items")
        return await cursor.fetchone()


@app.get("/pooled")
async def pooled(request: Request):  #: endpoint GET /pooled clean
    async with pool.connection() as connection:
        cursor = await connection.execute("select 1")
        return await cursor.fetchall()
