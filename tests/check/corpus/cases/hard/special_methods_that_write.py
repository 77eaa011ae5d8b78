# Special methods that statements run: stores, deletions, comparisons, signs, setters; and what `itertools` hands out.
import itertools
import time
from types import SimpleNamespace
from typing import Any

from fastapi import FastAPI

app = FastAPI()


class Store:
    def __setitem__(self, key: str, value: int) -> None:
        time.sleep(1)

    def __delitem__(self, key: str) -> None:
        time.sleep(1)

    def __iadd__(self, other: int) -> "Store":
        time.sleep(1)
        return self

    def __radd__(self, other: int) -> int:
        time.sleep(1)
        return 1

    def __lt__(self, other: Any) -> bool:
        time.sleep(1)
        return True

    def __neg__(self) -> int:
        time.sleep(1)
        return 1

    @property
    def size(self) -> int:
        return 1

    @size.setter
    def size(self, value: int) -> None:
        time.sleep(1)

    def go(self) -> None:
        time.sleep(1)


class Memory:
    def __init__(self) -> None:
        self.held: dict[str, int] = {}

    def __setitem__(self, key: str, value: int) -> None:
        self.held[key] = value

    def __lt__(self, other: Any) -> bool:
        return True

    @property
    def size(self) -> int:
        return 1

    @size.setter
    def size(self, value: int) -> None:
        self.held["size"] = value

    def go(self) -> None:
        return None


@app.get("/set")
async def set_item() -> None:  #: endpoint GET /set blocks time.sleep=error
    Store()["a"] = 1


@app.get("/delete")
async def delete_item() -> None:  #: endpoint GET /delete blocks time.sleep=error
    store = Store()
    del store["a"]


@app.get("/add")
async def add() -> None:  #: endpoint GET /add blocks time.sleep=error
    store = Store()
    store += 1


@app.get("/reflected")
async def reflected() -> int:  #: endpoint GET /reflected blocks time.sleep=error
    return 1 + Store()


@app.get("/less")
async def less() -> bool:  #: endpoint GET /less blocks time.sleep=error
    return Store() < Store()


@app.get("/negative")
async def negative() -> int:  #: endpoint GET /negative blocks time.sleep=error
    return -Store()


@app.get("/setter")
async def setter() -> None:  #: endpoint GET /setter blocks time.sleep=error
    Store().size = 1


@app.get("/chained")
async def chained() -> None:  #: endpoint GET /chained blocks time.sleep=error
    for store in itertools.chain([Store()], []):
        store.go()


@app.get("/namespace")
async def namespace() -> None:  #: endpoint GET /namespace blocks time.sleep=error
    SimpleNamespace(store=Store()).store.go()


@app.get("/memory")
async def memory() -> bool:  #: endpoint GET /memory clean
    kept = Memory()
    kept["a"] = 1
    kept.size = 2
    for one in itertools.chain([kept], []):
        one.go()
    SimpleNamespace(kept=kept).kept.go()
    return kept < Memory()
