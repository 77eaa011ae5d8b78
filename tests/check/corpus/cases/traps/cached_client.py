# A client made once, lazily, and shared; it is the async one.
import functools

import httpx
from fastapi import FastAPI

app = FastAPI()


class Api:
    _client: httpx.AsyncClient | None = None

    @property
    def client(self) -> httpx.AsyncClient:
        if self._client is None:
            self._client = httpx.AsyncClient(base_url="https://api.example.org")
        return self._client

    async def user(self, name: str) -> dict:
        response = await self.client.get(f"/users/{name}")
        return response.raise_for_status().json()


@functools.cache
def api() -> Api:
    return Api()


@app.get("/users/{name}")
async def user(name: str) -> dict:  #: endpoint GET /users/{name} clean
    return await api().user(name)
