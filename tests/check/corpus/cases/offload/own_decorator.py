# A decorator of the project's own turns a sync function into one that runs in a thread.
import asyncio
import functools
from collections.abc import Awaitable, Callable
from typing import ParamSpec, TypeVar

import pymysql
from fastapi import FastAPI

P = ParamSpec("P")
T = TypeVar("T")
app = FastAPI()


def threaded(function: Callable[P, T]) -> Callable[P, Awaitable[T]]:
    @functools.wraps(function)
    async def wrapper(*args: P.args, **kwargs: P.kwargs) -> T:
        return await asyncio.to_thread(function, *args, **kwargs)

    return wrapper


@threaded
def balance(account: int) -> int:
    with pymysql.connect(host="db", database="bank") as connection, connection.cursor() as cursor:
        cursor.execute("select balance from accounts where id = %s", (account,))
        return cursor.fetchone()[0]


@app.get("/accounts/{account}/balance")
async def read_balance(account: int) -> int:  #: endpoint GET /accounts/{account}/balance clean
    return await balance(account)
