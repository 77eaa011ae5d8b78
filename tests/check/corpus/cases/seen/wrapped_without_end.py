# A function that unwraps its argument calls itself with an attribute of it: the name must not grow for ever.
from collections.abc import Callable
from typing import Any

from fastapi import FastAPI

app = FastAPI()


def pure(value: Any, run: Callable[[], Any]) -> bool:
    if hasattr(value, "__wrapped__"):
        return pure(getattr(value, "__wrapped__", None), run)
    return value is None


def other() -> int:
    return 1


pure(app.router.default, other)


@app.get("/plan")
async def planned() -> int:  #: endpoint GET /plan clean
    return other()
