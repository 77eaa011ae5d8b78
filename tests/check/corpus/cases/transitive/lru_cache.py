# A cache only hides the first call: `lru_cache` over a function that fetches.
from functools import cache, lru_cache

import requests
import tomllib
from fastapi import FastAPI

app = FastAPI()


@lru_cache(maxsize=1)
def public_keys() -> dict:
    return requests.get("https://auth.example.org/jwks.json", timeout=5).json()


@cache
def limits() -> dict:
    with open("limits.toml", "rb") as file:
        return tomllib.load(file)


@app.get("/keys")
async def keys() -> dict:  #: endpoint GET /keys blocks requests.get=warning
    return public_keys()


@app.get("/limits")
async def read_limits() -> dict:  #: endpoint GET /limits clean
    return limits()
