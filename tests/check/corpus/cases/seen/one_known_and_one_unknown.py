# A function gives an object that is known, or one that nobody knows.
# That the known one does not block does not make it clean; that it blocks does not make it certain. An annotation says
# what the unknown one is.
import time
from typing import Any

from fastapi import FastAPI

app = FastAPI()
OBJECTS: dict[str, Any] = {}


class Memory:
    def fetch(self, key: str) -> str:
        return key

    def label(self) -> str:
        return "memory"


class Slow:
    def wait_for(self, key: str) -> str:
        time.sleep(1)
        return key


def memory_or(name: str | None):
    if name is None:
        return Memory()
    return OBJECTS[name]


def said_to_be_memory(name: str | None) -> Memory:
    if name is None:
        return Memory()
    return OBJECTS[name]


def slow_or(name: str | None):
    if name is None:
        return Slow()
    return OBJECTS[name]


def only_slow(name: str | None):
    if name is None:
        return Slow()
    return only_slow(None)


@app.get("/memory")
async def memory(name: str) -> str:  #: endpoint GET /memory unknown
    return memory_or(name).fetch("key")


@app.get("/annotated")
async def annotated(name: str) -> str:  #: endpoint GET /annotated clean
    return said_to_be_memory(name).fetch("key")


@app.get("/slow")
async def slow(name: str) -> str:  #: endpoint GET /slow blocks time.sleep=warning
    return slow_or(name).wait_for("key")


@app.get("/recursive")
async def recursive(name: str) -> str:  #: endpoint GET /recursive blocks time.sleep=error
    return only_slow(name).wait_for("key")
