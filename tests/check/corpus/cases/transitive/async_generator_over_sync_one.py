# An async generator iterates a sync one: every step of it runs on the loop.
import time
from collections.abc import AsyncIterator, Iterator

from fastapi import FastAPI
from fastapi.responses import StreamingResponse

app = FastAPI()


def lines(name: str) -> Iterator[str]:
    with open(name) as file:
        for line in file:
            time.sleep(0.01)
            yield line


async def as_async(name: str) -> AsyncIterator[str]:  #:? blocks
    for line in lines(name):
        yield line


@app.get("/async/{name}")
async def stream(name: str) -> StreamingResponse:  #: endpoint GET /async/{name} blocks time.sleep=error open=warning …
    return StreamingResponse(as_async(name))


@app.get("/async-from-def/{name}")
def stream_from_def(name: str) -> StreamingResponse:  #: endpoint GET /async-from-def/{name} blocks time.sleep=error open=warning … on thread
    return StreamingResponse(as_async(name))
