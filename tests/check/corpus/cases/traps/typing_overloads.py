# Overloads, generics and `cast` around functions that only compute.
from typing import Any, TypeVar, cast, overload

from fastapi import FastAPI

T = TypeVar("T")
app = FastAPI()


@overload
def double(value: int) -> int: ...
@overload
def double(value: str) -> str: ...
def double(value: int | str) -> int | str:
    return value * 2


def only(values: list[T]) -> T:
    (value,) = values
    return value


@app.get("/double/{n}")
async def read_double(n: int) -> int:  #: endpoint GET /double/{n} clean
    return only([double(n)])


@app.get("/text/{text}")
async def read_text(text: str) -> str:  #: endpoint GET /text/{text} clean
    return cast(str, double(cast(Any, text)))
