# `closing`, `ExitStack.enter_context`, `redirect_stdout`: what they enter, open and close.
import contextlib
import io
import sqlite3
from collections.abc import Iterator

import psycopg2
from fastapi import FastAPI

app = FastAPI()


@contextlib.contextmanager
def connected() -> Iterator[None]:
    connection = psycopg2.connect("dbname=app")
    yield
    connection.close()


@app.get("/closing")
async def by_closing() -> int:  #: endpoint GET /closing blocks sqlite3.connect …
    with contextlib.closing(sqlite3.connect("app.db")) as connection:
        return connection.total_changes


@app.get("/stack")
async def by_stack() -> str:  #: endpoint GET /stack blocks psycopg2.connect=error …
    with contextlib.ExitStack() as stack:
        stack.enter_context(connected())
        return "done"


@app.get("/redirected")
async def redirected() -> str:  #: endpoint GET /redirected clean
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.suppress(ValueError):
        print("hello")
    return out.getvalue()
