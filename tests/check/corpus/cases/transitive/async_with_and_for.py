# `async with` and `async for` over classes of the project whose async methods block inside.
import sqlite3
import time

from fastapi import FastAPI

app = FastAPI()


class UnitOfWork:
    async def __aenter__(self) -> sqlite3.Connection:
        self.connection = sqlite3.connect("app.db")
        return self.connection

    async def __aexit__(self, *error: object) -> None:
        self.connection.close()


class Poll:
    def __aiter__(self) -> "Poll":
        return self

    async def __anext__(self) -> int:
        time.sleep(1)
        return 1


@app.post("/work")
async def work() -> None:  #: endpoint POST /work blocks sqlite3.connect …
    async with UnitOfWork():
        pass


@app.get("/poll")
async def poll() -> int:  #: endpoint GET /poll blocks time.sleep=error
    async for value in Poll():
        return value
    return 0
