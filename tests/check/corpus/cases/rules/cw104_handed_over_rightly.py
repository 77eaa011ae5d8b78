# Calls within the arguments of an offloader that are right: they give arguments, or the function itself.
import asyncio
import functools
from pathlib import Path

from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool

app = FastAPI()


def read(name: str, limit: int) -> str:
    return Path(name).read_text()[:limit]


def file_name(key: str) -> str:
    return f"{key}.txt"


def limit() -> int:
    return 100


@app.get("/arguments/{key}")
async def arguments(key: str) -> str:  #: endpoint GET /arguments/{key} clean
    return await asyncio.to_thread(read, file_name(key), limit=limit())


@app.get("/partial/{key}")
async def partial(key: str) -> str:  #: endpoint GET /partial/{key} clean
    return await run_in_threadpool(functools.partial(read, file_name(key), 10))


@app.get("/method/{key}")
async def method(key: str) -> bytes:  #: endpoint GET /method/{key} clean
    return await asyncio.to_thread(Path(file_name(key)).read_bytes)
