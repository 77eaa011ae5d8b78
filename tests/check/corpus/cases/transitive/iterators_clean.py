# Iterators and generators that stay in memory, and one that is only made.
import time
from collections.abc import Iterator
from itertools import chain, islice

from fastapi import FastAPI

app = FastAPI()


class Countdown:
    def __init__(self, start: int) -> None:
        self.left = start

    def __iter__(self) -> Iterator[int]:
        while self.left:
            yield self.left
            self.left -= 1


def squares() -> Iterator[int]:
    n = 0
    while True:
        yield n * n
        n += 1


def slow() -> Iterator[int]:
    time.sleep(1)
    yield 1


@app.get("/countdown/{start}")
async def countdown(start: int) -> list[int]:  #: endpoint GET /countdown/{start} clean
    return [n for n in Countdown(start)]


@app.get("/squares")
async def first_squares() -> list[int]:  #: endpoint GET /squares clean
    return list(islice(chain([1], squares()), 5))


@app.get("/unused")
async def unused() -> str:  #: endpoint GET /unused clean
    generator = slow()
    return type(generator).__name__
