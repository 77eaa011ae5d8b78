# Generators that block, consumed by `list`, `sum`, `join`, `any`, `yield from` and `sorted`.
import time
from collections.abc import Iterator

from fastapi import FastAPI

app = FastAPI()


def slow_numbers() -> Iterator[int]:
    for n in range(3):
        time.sleep(0.1)
        yield n


def doubled() -> Iterator[int]:
    yield from slow_numbers()


def numbers() -> Iterator[int]:
    yield from range(3)


@app.get("/list")
async def by_list() -> list[int]:  #: endpoint GET /list blocks time.sleep=error
    return list(slow_numbers())


@app.get("/sum")
async def by_sum() -> int:  #: endpoint GET /sum blocks time.sleep=error
    return sum(n * 2 for n in doubled())


@app.get("/join")
async def by_join() -> str:  #: endpoint GET /join blocks time.sleep=error
    return ",".join(map(str, slow_numbers()))


@app.get("/next")
async def by_next() -> int:  #: endpoint GET /next blocks time.sleep=error
    return next(slow_numbers())


@app.get("/quick")
async def quick() -> list[int]:  #: endpoint GET /quick clean
    return sorted(numbers(), reverse=True)
