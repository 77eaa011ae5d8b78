# Functions that the user knows not to block, whatever they call.
#: file pyproject.toml
#| [project]
#| name = "service"
#| version = "1.0"
#|
#| [tool.clearway]
#| safe = ["app.cache.read", "acme.ping"]
#: file app/__init__.py
#: file app/cache.py
from pathlib import Path


def read(key: str) -> str:
    return Path("/dev/shm", key).read_text()
#: file app/main.py
import acme
from fastapi import FastAPI

from app import cache

app = FastAPI()


@app.get("/cache/{key}")
async def read(key: str) -> str:  #: endpoint GET /cache/{key} clean
    return cache.read(key)


@app.get("/ping")
async def ping() -> str:  #: endpoint GET /ping clean
    return acme.ping()
