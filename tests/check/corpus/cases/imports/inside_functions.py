# Imports within functions and under `TYPE_CHECKING`, with annotations as strings.
#: file app/__init__.py
#: file app/store.py
import sqlite3


class Store:
    def read(self, key: str) -> str:
        rows = sqlite3.connect("store.db").execute("select value from pairs where key = ?", (key,))
        return next(rows)[0]

    def name(self) -> str:
        return "store.db"
#: file app/logic.py
from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.store import Store


def load(store: Store, key: str) -> str:
    return store.read(key)


def title(store: "Store") -> str:
    return store.name().title()
#: file app/main.py
from fastapi import FastAPI

app = FastAPI()


def current_store():
    from app.store import Store

    return Store()


@app.get("/values/{key}")
async def value(key: str) -> str:  #: endpoint GET /values/{key} blocks sqlite3.connect Connection.execute …
    from app.logic import load

    return load(current_store(), key)


@app.get("/title")
async def read_title() -> str:  #: endpoint GET /title clean
    from app import logic

    return logic.title(current_store())
