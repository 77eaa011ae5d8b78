# A lambda or a partial handed over does not run on the loop.
import asyncio
import functools
from pathlib import Path

import anyio
import requests
from fastapi import FastAPI

app = FastAPI()


@app.get("/rates")
async def rates() -> dict:  #: endpoint GET /rates clean
    return await asyncio.to_thread(lambda: requests.get("https://rates.example.org", timeout=5).json())


@app.get("/logs/{name}")
async def log(name: str) -> str:  #: endpoint GET /logs/{name} clean
    read = functools.partial(Path("logs", name).read_text, encoding="utf-8", errors="replace")
    return await anyio.to_thread.run_sync(read)


@app.get("/logs/{name}/lines")
async def lines(name: str) -> int:  #: endpoint GET /logs/{name}/lines clean
    loop = asyncio.get_running_loop()
    text = await loop.run_in_executor(None, lambda: open(f"logs/{name}").read())
    return text.count("\n")
