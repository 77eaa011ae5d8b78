# A base class for plug-ins: no code here makes any of the subclasses, so one that blocks is a warning.
import functools
import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable

from fastapi import FastAPI

app = FastAPI()


def queued(method: Callable[..., Awaitable[int]]) -> Callable[..., Awaitable[int]]:
    @functools.wraps(method)
    async def wrapper(self: "Layer", *args: object) -> int:
        return await method(self, *args)

    return wrapper


class Layer(ABC):
    @abstractmethod
    async def get(self) -> int: ...

    @abstractmethod
    async def put(self) -> None: ...

    @abstractmethod
    async def queue(self) -> int: ...


class Slow(Layer):
    async def get(self) -> int:
        time.sleep(1)
        return 1

    async def put(self) -> None:
        time.sleep(1)

    @queued
    async def queue(self) -> int:
        time.sleep(1)
        return 1


class Fast(Layer):
    async def get(self) -> int:
        return 1

    async def put(self) -> None:
        time.sleep(2)

    @queued
    async def queue(self) -> int:
        return 2


_layer: Layer | None = None


def set_layer(layer: Layer) -> None:
    global _layer
    _layer = layer


def get_layer() -> Layer | None:
    return _layer


@app.get("/one")
async def one() -> int:  #: endpoint GET /one blocks time.sleep=warning
    if layer := get_layer():
        return await layer.get()
    return 0


@app.get("/all")
async def every() -> None:  #: endpoint GET /all blocks time.sleep=error
    if layer := get_layer():
        await layer.put()


@app.get("/queued")
async def by_queue() -> int:  #: endpoint GET /queued blocks time.sleep=warning
    if layer := get_layer():
        return await layer.queue()
    return 0


@app.get("/slow")
async def slow() -> int:  #: endpoint GET /slow blocks time.sleep=error
    return await Slow().queue()
