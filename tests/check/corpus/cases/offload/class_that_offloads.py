# A class of the project owns the executor and the methods' way into it.
import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import psycopg2
from fastapi import FastAPI

T = TypeVar("T")
app = FastAPI()


class Database:
    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._pool = ThreadPoolExecutor(max_workers=8)

    async def _run(self, function: Callable[..., T], *args: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, function, *args)

    def _query(self, sql: str) -> list[tuple]:
        with psycopg2.connect(self._dsn) as connection, connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall()

    async def query(self, sql: str) -> list[tuple]:
        return await self._run(self._query, sql)


database = Database("dbname=app")


@app.get("/items")
async def items() -> int:  #: endpoint GET /items clean
    return len(await database.query("select * from items"))
