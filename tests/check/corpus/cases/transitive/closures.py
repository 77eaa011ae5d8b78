# A function made by a function keeps the client in its closure.
from collections.abc import Callable

import requests
from fastapi import FastAPI

app = FastAPI()


def make_getter(base: str) -> Callable[[str], str]:
    session = requests.Session()

    def get(path: str) -> str:
        return session.get(f"{base}/{path}", timeout=3).text

    return get


def make_counter():
    count = 0

    def increase():
        nonlocal count
        count += 1
        return count

    return increase


get_page = make_getter("https://example.org")
next_number = make_counter()


@app.get("/pages/{path}")
async def page(path: str) -> str:  #: endpoint GET /pages/{path} blocks Session.get=error
    return get_page(path)


@app.get("/number")
async def number() -> int:  #: endpoint GET /number clean
    return next_number()
