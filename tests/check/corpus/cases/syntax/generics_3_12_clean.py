# Type parameters in a service that awaits.
#: newer 3.12
from collections.abc import Awaitable, Callable

import httpx
from fastapi import FastAPI

app = FastAPI()
type Getter[T] = Callable[[str], Awaitable[T]]


async def retry[T](get: Getter[T], path: str) -> T:
    try:
        return await get(path)
    except OSError:
        return await get(path)


async def fetch(path: str) -> str:
    async with httpx.AsyncClient() as client:
        response = await client.get(f"https://example.org/{path}")
        return response.text


@app.get("/pages/{path}")
async def page(path: str) -> str:  #: endpoint GET /pages/{path} clean
    return await retry(fetch, path)
