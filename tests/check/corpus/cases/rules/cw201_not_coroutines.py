# Calls that look like a forgotten `await` and are none.
import functools
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import anyio.from_thread
from fastapi import FastAPI

app = FastAPI()


def blocking(function: Callable[..., Coroutine[Any, Any, Any]]) -> Callable[..., Any]:
    """Makes a sync function of an async one."""

    @functools.wraps(function)
    def wrapper(*args: Any) -> Any:
        return anyio.from_thread.run(function, *args)

    return wrapper


@blocking
async def stored(name: str) -> str:  #:? task clean
    return name


async def numbers() -> AsyncIterator[int]:
    yield 1


@asynccontextmanager
async def leased() -> AsyncIterator[int]:
    yield 1


async def later() -> int:
    return 1


def async_ready() -> bool:
    return True


@app.get("/stored/{name}")
def read_stored(name: str) -> str:  #: endpoint GET /stored/{name} clean on thread
    stored(name)
    return "stored"


@app.get("/numbers")
async def read_numbers() -> list[int]:  #: endpoint GET /numbers clean
    source = numbers()
    return [n async for n in source]


@app.get("/leased")
async def read_leased() -> int:  #: endpoint GET /leased clean
    lease = leased()
    async with lease as n:
        return n


@app.get("/reference")
async def reference() -> str:  #: endpoint GET /reference clean
    function = later
    async_ready()
    return function.__name__
