# The same Protocol with a class that awaits: nothing blocks.
from typing import Annotated, Protocol

import httpx
from fastapi import Depends, FastAPI

app = FastAPI()


class Store(Protocol):
    async def fetch(self, key: str) -> bytes: ...


class HttpStore:
    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def fetch(self, key: str) -> bytes:
        response = await self.client.get(f"/objects/{key}")
        response.raise_for_status()
        return response.content


def get_store() -> Store:  #: dependency clean on thread
    return HttpStore(httpx.AsyncClient(base_url="https://objects.example.org"))


@app.get("/documents/{key}")
async def document(key: str, store: Annotated[Store, Depends(get_store)]):  #: endpoint GET /documents/{key} clean
    return {"size": len(await store.fetch(key))}
