# `Path.glob` returns a generator: what is handed to a thread unread has blocked nobody.
import asyncio
from pathlib import Path

from fastapi import FastAPI

app = FastAPI()


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*.png"))


@app.get("/images")
async def images() -> list[str]:  #: endpoint GET /images clean
    return await asyncio.to_thread(names, Path("media"))


@app.get("/count")
async def count() -> int:  #: endpoint GET /count clean
    found = Path("media").glob("*.png")
    return len(await asyncio.to_thread(list, found))
