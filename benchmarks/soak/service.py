"""The service under soak: every lane, and blocking calls in `async def` that containment has to bear."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor

import requests
from fastapi import FastAPI, Response
from fastapi.responses import StreamingResponse

import clearway
from benchmarks.work import compute

UPSTREAM = os.environ.get("SOAK_UPSTREAM", "")
ROUNDS = int(os.environ.get("SOAK_ROUNDS", "1000"))

CONTAINED = ("GET /sleep", "GET /upstream", "GET /future")

app = FastAPI()
_executor = ThreadPoolExecutor(4)


@app.get("/trivial")
async def trivial() -> dict[str, bool]:
    return {"ok": True}


@app.get("/sleep")
async def sleep() -> dict[str, bool]:
    time.sleep(0.1)
    await asyncio.sleep(0)
    return {"ok": True}


@app.get("/upstream")
async def upstream(response: Response) -> dict[str, bool]:
    await asyncio.sleep(0)
    try:
        answer = requests.get(UPSTREAM, timeout=10)
    except requests.RequestException:
        response.status_code = 502
        return {"ok": False}
    return {"ok": answer.ok}


@app.get("/future")
async def future() -> dict[str, bool]:
    await asyncio.sleep(0)
    _executor.submit(time.sleep, 0.05).result()
    return {"ok": True}


@app.get("/thread")
def thread() -> dict[str, bool]:
    time.sleep(0.05)
    return {"ok": True}


@app.get("/stream")
async def stream() -> StreamingResponse:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(10):
            await asyncio.sleep(0.01)
            yield b"x" * 1024

    return StreamingResponse(pieces())


@app.get("/process")
@clearway.process
def process() -> dict[str, int]:
    return {"total": compute(ROUNDS)}


@app.get("/cluster")
@clearway.cluster(retries=2)
def cluster() -> dict[str, int]:
    return {"total": compute(ROUNDS)}
