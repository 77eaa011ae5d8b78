# Directories walked through: the work is in the iteration.
import glob
import os
from pathlib import Path

from fastapi import FastAPI

app = FastAPI()


@app.get("/size")
async def size() -> int:  #: endpoint GET /size blocks os.walk=warning
    return sum(len(files) for _, _, files in os.walk("media"))


@app.get("/images")
async def images() -> list[str]:  #: endpoint GET /images blocks glob.glob=warning
    return glob.glob("media/**/*.png", recursive=True)


@app.get("/sources")
async def sources() -> list[str]:  #: endpoint GET /sources blocks Path.rglob=warning
    return [path.name for path in Path("media").rglob("*.py")]
