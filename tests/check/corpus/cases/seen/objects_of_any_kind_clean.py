# The same sources, where nothing is called on what they give, or what they hold is in sight.
import asyncio
import json
import pickle
import threading
import weakref
from contextvars import ContextVar

from fastapi import FastAPI

app = FastAPI()
kept = threading.local()
current = ContextVar("current", default="")
sizes = {"small": 1, "large": 2}


class Client:
    def load(self) -> int:
        return 1


class Worker:
    def __init__(self) -> None:
        self.done = self.nothing

    def nothing(self) -> None:
        pass

    def finish(self) -> None:
        self.done()


def make() -> Client:
    return Client()


worker = Worker()
kept.client = Client()


@app.get("/text")
async def text() -> str:  #: endpoint clean
    return json.loads("{}")["name"].strip().lower()


@app.get("/bytes")
async def written() -> int:  #: endpoint clean
    return len(pickle.dumps(1))


@app.get("/local")
async def local() -> int:  #: endpoint clean
    return kept.client.load()


@app.get("/context")
async def context() -> str:  #: endpoint clean
    return current.get().strip()


@app.get("/weak")
async def weak() -> bool:  #: endpoint clean
    return weakref.ref(worker) is not None


@app.get("/thread")
async def thread() -> int:  #: endpoint clean
    client = await asyncio.to_thread(make)
    return client.load()


@app.get("/best")
async def best() -> int:  #: endpoint clean
    return max(sizes.values())


@app.get("/keys")
async def keys() -> list[str]:  #: endpoint clean
    return [name.upper() for name in sizes]


@app.get("/done")
async def done() -> None:  #: endpoint clean
    worker.finish()
