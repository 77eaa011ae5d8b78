# httpx's sync functions and its sync client, which has the same methods as the async one.
import httpx
from fastapi import FastAPI

app = FastAPI()
client = httpx.Client(base_url="https://api.example.org")


@app.get("/prices")
async def prices():  #: endpoint GET /prices blocks Client.get=error
    return client.get("/prices").json()


@app.get("/stream")
async def stream() -> int:  #: endpoint GET /stream blocks Client.stream=error
    with client.stream("GET", "/large") as response:
        return response.status_code


@app.get("/once")
async def once() -> str:  #: endpoint GET /once blocks httpx.get=error
    return httpx.get("https://example.org").text


@app.get("/inside")
async def inside() -> int:  #: endpoint GET /inside blocks Client.post=error
    with httpx.Client(timeout=3) as own:
        return own.post("https://example.org", json={}).status_code
