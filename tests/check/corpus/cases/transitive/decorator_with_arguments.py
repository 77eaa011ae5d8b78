# `@retry(times=3)` of the project sleeps between attempts, in the wrapper of a sync function.
import functools
import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from fastapi import FastAPI

P = ParamSpec("P")
T = TypeVar("T")
app = FastAPI()


def retry(times: int, delay: float = 0.5) -> Callable[[Callable[P, T]], Callable[P, T]]:
    def decorate(function: Callable[P, T]) -> Callable[P, T]:
        @functools.wraps(function)
        def wrapper(*args: P.args, **kwargs: P.kwargs) -> T:
            for _ in range(times - 1):
                try:
                    return function(*args, **kwargs)
                except ValueError:
                    time.sleep(delay)
            return function(*args, **kwargs)

        return wrapper

    return decorate


@retry(times=3)
def parse(text: str) -> int:
    return int(text)


@app.get("/parse")
async def read(text: str) -> int:  #: endpoint GET /parse blocks time.sleep=error
    return parse(text)
