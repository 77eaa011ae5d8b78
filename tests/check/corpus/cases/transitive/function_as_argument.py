# A function is passed to a helper that calls it: what blocks is the one that was passed.
from collections.abc import Callable

import requests
from fastapi import FastAPI

app = FastAPI()


def twice(action: Callable[[str], int], value: str) -> int:
    return action(value) + action(value)


def remote_length(url: str) -> int:
    return len(requests.get(url, timeout=3).content)


@app.get("/remote")
async def remote(url: str) -> int:  #: endpoint GET /remote blocks requests.get
    return twice(remote_length, url)
