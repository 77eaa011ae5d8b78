# Async all the way, and the innermost coroutine uses the sync client.
import requests
from fastapi import FastAPI

app = FastAPI()


async def fetch(url: str) -> bytes:
    return requests.get(url, timeout=5).content


async def digest(url: str) -> int:
    return hash(await fetch(url))


@app.get("/digest")
async def read_digest(url: str) -> int:  #: endpoint GET /digest blocks requests.get=error
    return await digest(url)  #! CW102 error
