# The response was fetched in a thread; reading what is already there is free.
import asyncio

import requests
from fastapi import FastAPI, HTTPException

app = FastAPI()


@app.get("/user/{name}")
async def user(name: str) -> dict:  #: endpoint GET /user/{name} clean
    answer = await asyncio.to_thread(requests.get, f"https://api.example.org/users/{name}", timeout=5)
    if answer.status_code == 404:
        raise HTTPException(404)
    answer.raise_for_status()
    data = answer.json()
    return {"name": data.get("name"), "type": answer.headers.get("content-type", "").partition(";")[0]}
