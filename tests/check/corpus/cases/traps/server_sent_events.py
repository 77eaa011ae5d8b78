# A queue in memory between endpoints, streamed as events.
import asyncio
import json
from collections.abc import AsyncIterator

from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse

app = FastAPI()
listeners: set[asyncio.Queue[str]] = set()


async def events(request: Request) -> AsyncIterator[str]:  #:? clean
    queue: asyncio.Queue[str] = asyncio.Queue(maxsize=100)
    listeners.add(queue)
    try:
        while not await request.is_disconnected():
            try:
                async with asyncio.timeout(15):
                    yield f"data: {await queue.get()}\n\n"
            except TimeoutError:
                yield ": still here\n\n"
    finally:
        listeners.discard(queue)


@app.get("/events")
async def listen(request: Request) -> StreamingResponse:  #: endpoint GET /events clean
    return StreamingResponse(events(request), media_type="text/event-stream")


@app.post("/events")
async def publish(text: str) -> int:  #: endpoint POST /events clean
    for queue in listeners:
        queue.put_nowait(json.dumps({"text": text}))
    return len(listeners)
