# Decorators on endpoints and helpers that await or only compute.
import asyncio
import functools
from collections.abc import Awaitable, Callable
from typing import ParamSpec, TypeVar

from fastapi import FastAPI

P = ParamSpec("P")
T = TypeVar("T")
app = FastAPI()


def retry(times: int) -> Callable[[Callable[P, Awaitable[T]]], Callable[P, Awaitable[T]]]:
    def decorate(function: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T]]:
        @functools.wraps(function)
        async def wrapper(*args: P.args, **kwargs: P.kwargs) -> T:
            for attempt in range(times - 1):
                try:
                    return await function(*args, **kwargs)
                except OSError:
                    await asyncio.sleep(2**attempt)
            return await function(*args, **kwargs)

        return wrapper

    return decorate


@functools.lru_cache(maxsize=128)
def factor(n: int) -> int:
    return n if n < 2 else n * factor(n - 1)


@app.get("/flaky")
@retry(times=3)
async def flaky() -> str:  #: endpoint GET /flaky clean
    await asyncio.sleep(0.1)
    return "ok"


@app.get("/factor/{n}")
async def read_factor(n: int) -> int:  #: endpoint GET /factor/{n} clean
    return factor(n)
