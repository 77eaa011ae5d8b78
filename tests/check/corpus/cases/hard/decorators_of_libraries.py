# Decorators of packages that are not at hand: the function below them still blocks.
import requests
from cachetools import TTLCache, cached
from fastapi import FastAPI
from tenacity import retry, stop_after_attempt

app = FastAPI()


@retry(stop=stop_after_attempt(3))
def fetch(url: str) -> str:
    return requests.get(url, timeout=3).text


@cached(TTLCache(maxsize=10, ttl=60))
def rates() -> dict:
    return requests.get("https://rates.example.org", timeout=3).json()


@app.get("/page")
async def page(url: str) -> str:  #: endpoint GET /page blocks requests.get=error
    return fetch(url)


@app.get("/rates")
async def read_rates() -> dict:  #: endpoint GET /rates blocks requests.get=error
    return rates()
