# A decorator makes an object that is callable by what is put into its class later: the endpoint is there all the same.
#: unresolved
import functools
import time
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import FastAPI

Handler = Callable[[], Awaitable[Any]]


class Boxed:
    def __init__(self, function: Handler) -> None:
        self.function = function
        functools.update_wrapper(self, function)


async def run(self: Boxed) -> Any:
    return await self.function()


for name in ("__call__", "run"):
    setattr(Boxed, name, run)


def boxed(function: Handler) -> Any:
    return Boxed(function)


app = FastAPI()


@app.get("/slow")
@boxed
async def slow() -> None:  #: endpoint GET /slow blocks time.sleep=error
    time.sleep(3)


@app.get("/quick")
@boxed
async def quick() -> int:  #: endpoint GET /quick unknown
    return 1
