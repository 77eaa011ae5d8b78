# Two classes with the same methods, one for each world; the annotation says which is held.
#: file app/__init__.py
#: file app/clients.py
from typing import Protocol

import httpx


class Reads(Protocol):
    def read(self, key: str) -> str: ...


class SyncClient:
    def __init__(self) -> None:
        self.http = httpx.Client()

    def read(self, key: str) -> str:
        return self.http.get(f"https://kv.example.org/{key}").text


class AsyncClient:
    def __init__(self) -> None:
        self.http = httpx.AsyncClient()

    async def read(self, key: str) -> str:
        return (await self.http.get(f"https://kv.example.org/{key}")).text
#: file app/main.py
from typing import Annotated

from fastapi import Depends, FastAPI

from app.clients import AsyncClient, SyncClient

app = FastAPI()


def get_sync() -> SyncClient:  #: dependency clean on thread
    return SyncClient()


def get_async() -> AsyncClient:  #: dependency clean on thread
    return AsyncClient()


@app.get("/async/{key}")
async def read_async(key: str, client: Annotated[AsyncClient, Depends(get_async)]) -> str:  #: endpoint GET /async/{key} clean
    return await client.read(key)


@app.get("/sync/{key}")
def read_sync(key: str, client: Annotated[SyncClient, Depends(get_sync)]) -> str:  #: endpoint GET /sync/{key} clean on thread
    return client.read(key)
