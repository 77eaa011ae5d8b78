# What blocks in a handler that raises runs only where something failed; a handler that goes on is a way like any other.
import time

from fastapi import FastAPI

app = FastAPI()
CACHE: dict[str, str] = {}


def fetch(name: str) -> str:
    time.sleep(1)
    return name


def cached(name: str) -> str:
    try:
        return CACHE[name]
    except KeyError:
        CACHE[name] = fetch(name)
        return CACHE[name]


def stored(name: str) -> str:
    try:
        return CACHE[name]
    except KeyError:
        fetch("undo")
        raise


@app.get("/cached/{name}")
async def by_name(name: str) -> str:  #: endpoint GET /cached/{name} blocks time.sleep=error
    return cached(name)


@app.get("/stored/{name}")
async def of_store(name: str) -> str:  #: endpoint GET /stored/{name} blocks time.sleep=warning
    return stored(name)
