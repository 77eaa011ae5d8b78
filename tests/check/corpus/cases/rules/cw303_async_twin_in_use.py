# A sync client where the project already has its async twin.
import httpx
from fastapi import FastAPI

app = FastAPI()
http = httpx.AsyncClient()


@app.get("/async")
async def with_async() -> str:  #: endpoint GET /async clean
    return (await http.get("https://example.org")).text


@app.get("/sync")
async def with_sync() -> str:  #: endpoint GET /sync blocks httpx.get  #! CW303 advice
    return httpx.get("https://example.org").text
