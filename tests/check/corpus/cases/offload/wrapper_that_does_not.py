# Named as if it offloaded: it is awaited, and runs the function on the loop.
from collections.abc import Callable
from typing import Any

import requests
from fastapi import FastAPI

app = FastAPI()


async def run_async(function: Callable[..., Any], *args: Any) -> Any:
    return function(*args)


def make_async(function: Callable[..., Any]) -> Callable[..., Any]:
    async def wrapper(*args: Any) -> Any:
        return function(*args)

    return wrapper


def fetch(url: str) -> str:
    return requests.get(url, timeout=3).text


@make_async
def fetch_decorated(url: str) -> str:
    return requests.get(url, timeout=3).text


@app.get("/page")
async def page(url: str) -> str:  #: endpoint GET /page blocks requests.get=error
    return await run_async(fetch, url)


@app.get("/decorated")
async def decorated(url: str) -> str:  #: endpoint GET /decorated blocks requests.get=error
    return await fetch_decorated(url)
