# The project's own `in_thread` hands over whatever it is given.
#: file app/__init__.py
#: file app/threads.py
import asyncio
import functools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
_pool = ThreadPoolExecutor(32)


async def in_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_pool, functools.partial(function, *args, **kwargs))
#: file app/main.py
import requests
from fastapi import FastAPI

from app.threads import in_thread

app = FastAPI()


def lookup(vat: str) -> dict:
    return requests.post("https://vat.example.org", json={"vat": vat}, timeout=9).json()


@app.get("/vat/{vat}")
async def check_vat(vat: str) -> dict:  #: endpoint GET /vat/{vat} clean
    return await in_thread(lookup, vat)
