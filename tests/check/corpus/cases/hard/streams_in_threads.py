# Sync generators that are iterated in threads by hand, and one that Starlette iterates.
import time
from collections.abc import Iterator

from fastapi import FastAPI
from fastapi.concurrency import iterate_in_threadpool
from fastapi.responses import StreamingResponse

app = FastAPI()


def lines(n: int) -> Iterator[str]:
    for number in range(n):
        time.sleep(0.1)
        yield f"{number}\n"


@app.get("/collected")
async def collected() -> list[str]:  #: endpoint GET /collected clean
    return [line async for line in iterate_in_threadpool(lines(3))]


@app.get("/streamed")
async def streamed() -> StreamingResponse:  #: endpoint GET /streamed clean
    return StreamingResponse(iterate_in_threadpool(lines(3)))


@app.get("/expression")
async def expression() -> StreamingResponse:  #: endpoint GET /expression clean
    return StreamingResponse(line.upper() for line in lines(3))
