# `with` enters a class of the project whose `__enter__` and `__exit__` go to the database.
import sqlite3

from fastapi import FastAPI

app = FastAPI()


class Transaction:
    def __init__(self, path: str) -> None:
        self.path = path

    def __enter__(self) -> "Transaction":
        self.connection = sqlite3.connect(self.path)
        return self

    def __exit__(self, *error: object) -> None:
        self.connection.commit()


class Step:
    def __init__(self, name: str) -> None:
        self.name = name

    def __enter__(self) -> str:
        return self.name

    def __exit__(self, *error: object) -> None:
        self.name = ""


@app.post("/orders")
async def order() -> str:  #: endpoint POST /orders blocks sqlite3.connect Connection.commit
    with Transaction("orders.db"):
        return "ok"


@app.get("/steps/{name}")
async def step(name: str) -> str:  #: endpoint GET /steps/{name} clean
    with Step(name) as label:
        return label
