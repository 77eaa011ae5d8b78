# Clearway's own `offload`.
import clearway
import requests
from fastapi import FastAPI

app = FastAPI()


def fetch(url: str) -> str:
    return requests.get(url, timeout=3).text


@app.get("/page")
async def page(url: str) -> str:  #: endpoint GET /page clean
    return await clearway.offload(fetch, url)


@app.get("/process")
async def in_process(url: str) -> str:  #: endpoint GET /process clean
    return await clearway.offload(fetch, url, lane="process")
