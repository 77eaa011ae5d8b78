# aiohttp's client; `response.json()` and `.text()` are awaited.
import aiohttp
from fastapi import FastAPI

app = FastAPI()


@app.get("/prices")
async def prices() -> dict:  #: endpoint GET /prices clean
    timeout = aiohttp.ClientTimeout(total=5)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        async with session.get("https://api.example.org/prices") as response:
            response.raise_for_status()
            return await response.json()


@app.post("/prices")
async def set_price(cents: int) -> str:  #: endpoint POST /prices clean
    async with aiohttp.ClientSession() as session:
        response = await session.post("https://api.example.org/prices", json={"cents": cents})
        return await response.text()
