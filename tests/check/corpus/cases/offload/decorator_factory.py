# `@offload(pool)` with arguments, and one that offloads sync functions only.
import asyncio
import functools
import inspect
import subprocess
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Any

import anyio.to_thread
from fastapi import FastAPI

app = FastAPI()
pool = ThreadPoolExecutor(2)


def on(executor: Executor) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        async def wrapper(*args: Any, **kwargs: Any) -> Any:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(executor, lambda: function(*args, **kwargs))

        return wrapper

    return decorate


def awaitable(function: Callable[..., Any]) -> Callable[..., Any]:
    if inspect.iscoroutinefunction(function):
        return function

    async def wrapper(*args: Any) -> Any:
        return await anyio.to_thread.run_sync(function, *args)

    return wrapper


@on(pool)
def convert(name: str) -> int:
    return subprocess.call(["convert", name, f"{name}.pdf"])


@awaitable
def identify(name: str) -> str:
    return subprocess.getoutput(f"identify {name}")


@app.post("/convert/{name}")
async def start(name: str) -> int:  #: endpoint POST /convert/{name} clean
    return await convert(name)


@app.get("/identify/{name}")
async def read(name: str) -> str:  #: endpoint GET /identify/{name} clean
    return await identify(name)
