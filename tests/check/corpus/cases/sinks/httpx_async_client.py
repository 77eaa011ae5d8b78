# httpx's async client: same names, awaited.
from contextlib import asynccontextmanager

import httpx
from fastapi import FastAPI, Request


@asynccontextmanager
async def lifespan(app: FastAPI):  #: lifespan clean
    async with httpx.AsyncClient(base_url="https://api.example.org") as client:
        app.state.client = client
        yield


app = FastAPI(lifespan=lifespan)


@app.get("/prices")
async def prices(request: Request):  #: endpoint GET /prices clean
    response = await request.app.state.client.get("/prices")
    return response.json()


@app.get("/inside")
async def inside() -> int:  #: endpoint GET /inside clean
    async with httpx.AsyncClient(timeout=httpx.Timeout(3)) as own:
        response = await own.post("https://example.org", json={})
        return response.status_code


@app.get("/stream")
async def stream() -> int:  #: endpoint GET /stream clean
    size = 0
    async with httpx.AsyncClient() as own, own.stream("GET", "https://example.org") as response:
        async for chunk in response.aiter_bytes():
            size += len(chunk)
    return size
