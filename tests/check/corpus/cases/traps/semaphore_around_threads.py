# A limiter and a semaphore around offloaded work.
import asyncio
from pathlib import Path

import anyio
from anyio import CapacityLimiter
from fastapi import FastAPI
from PIL import Image

app = FastAPI()
slots = asyncio.Semaphore(4)
limiter = CapacityLimiter(8)


def shrink(source: Path, size: int) -> Path:
    target = source.with_suffix(f".{size}.png")
    with Image.open(source) as picture:
        picture.thumbnail((size, size))
        picture.save(target)
    return target


@app.post("/images/{name}/{size}")
async def resize(name: str, size: int) -> str:  #: endpoint POST /images/{name}/{size} clean
    async with slots:
        target = await asyncio.to_thread(shrink, Path("images") / name, size)
    return target.name


@app.post("/limited/{name}")
async def limited(name: str) -> str:  #: endpoint POST /limited/{name} clean
    return (await anyio.to_thread.run_sync(shrink, Path(name), 64, limiter=limiter)).name
