# Clients in tuples, lists and dictionaries, reached by unpacking, looping and indexing.
import requests
from fastapi import FastAPI
from redis import Redis

app = FastAPI()
SHARDS: list[Redis] = [Redis(port=6379), Redis(port=6380)]
REGIONS = {"eu": requests.Session(), "us": requests.Session()}


def make() -> tuple[requests.Session, str]:
    return requests.Session(), "https://example.org"


@app.get("/unpacked")
async def unpacked() -> int:  #: endpoint GET /unpacked blocks Session.get=error
    session, url = make()
    return session.get(url, timeout=1).status_code


@app.get("/looped/{key}")
async def looped(key: str) -> list:  #: endpoint GET /looped/{key} blocks Redis.get=error
    return [shard.get(key) for shard in SHARDS]


@app.get("/indexed/{region}")
async def indexed(region: str) -> int:  #: endpoint GET /indexed/{region} blocks Session.get=error
    return REGIONS[region].get("https://example.org", timeout=1).status_code


@app.get("/shards")
async def shards() -> list[str]:  #: endpoint GET /shards clean
    return [f"{number} of {len(SHARDS)}" for number, _ in enumerate(SHARDS)]
