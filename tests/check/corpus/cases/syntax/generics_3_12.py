# Type parameters and `type` statements of Python 3.12.
#: newer 3.12
from dataclasses import dataclass

import requests
from fastapi import FastAPI

app = FastAPI()
type Json = dict[str, "Json"] | list["Json"] | str | int | None


@dataclass
class Cache[K, V]:
    values: dict[K, V]

    def get(self, key: K) -> V | None:
        return self.values.get(key)


class Client[T]:
    def __init__(self, kind: type[T]) -> None:
        self.kind = kind

    def fetch(self, path: str) -> T:
        return self.kind(requests.get(f"https://example.org/{path}", timeout=2).json())


def first[T](items: list[T]) -> T:
    return items[0]


cache = Cache[str, int]({})


@app.get("/users/{name}")
async def user(name: str) -> Json:  #: endpoint GET /users/{name} blocks requests.get=error
    return Client(dict).fetch(name)  #! CW102 error


@app.get("/cached/{name}")
async def cached(name: str) -> int | None:  #: endpoint GET /cached/{name} clean
    return first([cache.get(name)])
