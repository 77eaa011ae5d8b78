# Iterators that nobody runs: generators made and dropped, `filter` and `zip` over quick functions, a generator closed.
import itertools
import time

from fastapi import FastAPI

app = FastAPI()


def slowly() -> "itertools.count[int]":
    time.sleep(1)
    return itertools.count()


def ticks():
    while True:
        time.sleep(1)
        yield 1


def even(number: int) -> bool:
    return number % 2 == 0


@app.get("/made")
async def made() -> str:  #: endpoint GET /made clean
    later = ticks()
    later.close()
    return "made"


@app.get("/filtered")
async def filtered() -> list[int]:  #: endpoint GET /filtered clean
    return list(filter(even, range(10)))


@app.get("/zipped")
async def zipped() -> dict[str, int]:  #: endpoint GET /zipped clean
    return dict(zip("abc", itertools.count(), strict=False))


@app.get("/named")
async def named() -> str:  #: endpoint GET /named clean
    return slowly.__name__
