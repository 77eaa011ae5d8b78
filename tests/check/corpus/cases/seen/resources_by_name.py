# A registry holds resources of several classes by their names; a constant name asks for one of them.
import time
from abc import ABC, abstractmethod

from fastapi import FastAPI

app = FastAPI()


class Resource(ABC):
    def __init__(self, name: str) -> None:
        self._name = name

    @property
    def name(self) -> str:
        return self._name

    @abstractmethod
    async def make(self) -> object: ...

    async def get(self) -> object:
        return await self.make()


class Cache(Resource):
    def __init__(self) -> None:
        super().__init__("cache")

    async def make(self) -> object:
        return {}


class Disk(Resource):
    def __init__(self) -> None:
        super().__init__("disk")

    async def make(self) -> object:
        time.sleep(2)
        return []


class Registry:
    def __init__(self) -> None:
        self._items: dict[str, Resource] = {}

    def add(self, resource: Resource) -> None:
        self._items[resource.name] = resource

    def find(self, name: str) -> Resource:
        return self._items[name]


registry = Registry()
registry.add(Cache())
registry.add(Disk())


@app.get("/cache")
async def cache() -> object:  #: endpoint GET /cache clean
    return await registry.find("cache").get()


@app.get("/disk")
async def disk() -> object:  #: endpoint GET /disk blocks time.sleep
    return await registry.find("disk").get()


@app.get("/any/{name}")
async def any_of_them(name: str) -> object:  #: endpoint GET /any/{name} blocks time.sleep
    return await registry.find(name).get()
