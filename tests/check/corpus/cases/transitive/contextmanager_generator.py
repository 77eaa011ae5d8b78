# A generator under `@contextmanager` opens a connection when the endpoint enters it.
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from fastapi import FastAPI

app = FastAPI()
DSN = "postgresql://localhost/app"


@contextmanager
def connection() -> Iterator[psycopg.Connection]:
    with psycopg.connect(DSN) as conn:
        yield conn


@contextmanager
def tagged(name: str) -> Iterator[dict[str, str]]:
    yield {"tag": name}


@app.get("/count")
async def count():  #: endpoint GET /count blocks psycopg.connect Connection.execute …
    with connection() as conn:
        return {"rows": conn.execute("select count(*) from items").fetchone()[0]}


@app.get("/tags/{name}")
async def tag(name: str):  #: endpoint GET /tags/{name} clean
    with tagged(name) as tags:
        return tags
