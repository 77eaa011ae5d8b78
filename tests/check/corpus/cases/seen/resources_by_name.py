# A registry holds resources of several classes by their names; a constant name asks for one of them.
import time
from abc import ABC, abstractmethod

from fastapi import FastAPI

app = FastAPI()


class Resource(ABC):
    def __init__(self, name: str | None = None) -> None:
        self._name = name or type(self).__name__

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
    kind: str = "disk"

    def __init__(self) -> None:
        super().__init__(self.kind)

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


class Context:
    def __init__(self) -> None:
        self.registry = Registry()

    async def get(self, name: str) -> object:
        resource = self.resource(name)
        return await resource.get()

    def resource(self, name: str) -> Resource:
        return self.registry.find(name)


context = Context()
registry = context.registry
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


@app.get("/context/cache")
async def context_cache() -> object:  #: endpoint GET /context/cache clean
    return await context.get("cache")


@app.get("/context/disk")
async def context_disk() -> object:  #: endpoint GET /context/disk blocks time.sleep
    return await context.get(Disk.kind)
