# An `async def` that awaits nothing and blocks should be a `def`; one that awaits cannot simply become one.
import asyncio
import time

import requests
from fastapi import FastAPI

app = FastAPI()


@app.get("/plain")
async def plain() -> str:  #: endpoint GET /plain blocks requests.get  #! CW301 advice
    return requests.get("https://example.org", timeout=2).text


@app.get("/awaits")
async def awaits() -> str:  #: endpoint GET /awaits blocks time.sleep
    time.sleep(1)
    await asyncio.sleep(0)
    return "done"
