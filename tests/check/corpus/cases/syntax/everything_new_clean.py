# All of the new syntax in one clean service.
#: newer 3.14
import asyncio
from typing import TypedDict

from fastapi import FastAPI

app = FastAPI()
type Pair[A, B = A] = tuple[A, B]


class Row[T](TypedDict):
    value: T


def pair[A, B](a: A, b: B) -> Pair[A, B]:
    return a, b


@app.get("/pairs/{name}")
async def read(name: str) -> str:  #: endpoint GET /pairs/{name} clean
    row: Row[str] = {"value": name}
    try:
        await asyncio.sleep(0)
    except TimeoutError, OSError:
        return "late"
    a, b = pair(row["value"], 1)
    return f"{a}: {f"{b}"}"
