# Starlette iterates a sync generator in threads: a `StreamingResponse` over it is clean.
import time
from collections.abc import Iterator

from fastapi import FastAPI
from fastapi.responses import StreamingResponse

app = FastAPI()


def lines(name: str) -> Iterator[str]:
    with open(name) as file:
        for line in file:
            time.sleep(0.01)
            yield line


@app.get("/lines/{name}")
async def stream(name: str) -> StreamingResponse:  #: endpoint GET /lines/{name} clean
    return StreamingResponse(lines(name), media_type="text/plain")


@app.get("/from-def/{name}")
def stream_from_def(name: str) -> StreamingResponse:  #: endpoint GET /from-def/{name} clean on thread
    return StreamingResponse(content=lines(name))
