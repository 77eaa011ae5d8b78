# An `AsyncExitStack` holds what is open; nothing waits for it but the coroutine.
from contextlib import AsyncExitStack, ExitStack, suppress

import httpx
from fastapi import FastAPI

app = FastAPI()


@app.get("/fastest")
async def fastest() -> str:  #: endpoint GET /fastest clean
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(httpx.AsyncClient())
        stack.push_async_callback(client.aclose)
        with suppress(httpx.TimeoutException):
            return (await client.get("https://example.org", timeout=0.5)).text
    return ""


@app.get("/nested")
async def nested() -> int:  #: endpoint GET /nested clean
    with ExitStack() as stack:
        stack.callback(dict)
        return 1
