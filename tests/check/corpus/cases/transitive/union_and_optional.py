# `X | None`, walrus and `isinstance`: one of the two classes blocks.
import requests
from fastapi import FastAPI

app = FastAPI()


class Remote:
    def price(self, name: str) -> int:
        return requests.get(f"https://prices.example.org/{name}", timeout=2).json()


class Fixed:
    def price(self, name: str) -> int:
        return 100


SOURCES: list[Remote | Fixed] = [Remote(), Fixed()]


def find(name: str) -> Remote | Fixed | None:
    return SOURCES[len(name) % 2] if name else None


@app.get("/prices/{name}")
async def price(name: str) -> int:  #: endpoint GET /prices/{name} blocks requests.get=warning
    if (source := find(name)) is not None:
        return source.price(name)
    return 0


@app.get("/fixed/{name}")
async def fixed(name: str) -> int:  #: endpoint GET /fixed/{name} clean
    source = find(name)
    if isinstance(source, Fixed):
        return source.price(name)
    return 0
