# A function that unwraps its argument calls itself with an attribute of it: the name must not grow for ever.
from collections.abc import Callable
from typing import Any

from fastapi import FastAPI

app = FastAPI()


def pure(name: str, value: Any, seen: dict[str, bool]) -> bool:
    if hasattr(value, "__wrapped__"):
        return pure(name, getattr(value, "__wrapped__", None), seen)
    return seen.get(name, True)


def plan(functions: dict[str, Callable[[], int]]) -> list[str]:
    return [name for name, function in functions.items() if pure(name, function, {})]


@app.get("/plan")
async def planned() -> list[str]:  #: endpoint GET /plan clean
    return plan({"int": int})
