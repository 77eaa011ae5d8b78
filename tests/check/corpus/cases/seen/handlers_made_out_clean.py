# The same with an object whose class says how it is called: nothing is left unknown.
import asyncio
import functools
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import FastAPI

Handler = Callable[[], Awaitable[Any]]


class Boxed:
    def __init__(self, function: Handler) -> None:
        self.function = function
        functools.update_wrapper(self, function)

    async def __call__(self) -> Any:
        return await self.function()


def boxed(function: Handler) -> Any:
    return Boxed(function)


app = FastAPI()


@app.get("/slow")
@boxed
async def slow() -> None:  #: endpoint GET /slow clean
    await asyncio.sleep(3)


@app.get("/quick")
@boxed
async def quick() -> int:  #: endpoint GET /quick clean
    return 1


async def found() -> int:  #: endpoint GET /found clean
    return 1


app.add_api_route("/found", found)
