# The wrapper only measures; what blocks is the function that it wraps.
import functools
import logging
import time
from collections.abc import Callable
from typing import Any

import requests
from fastapi import FastAPI

app = FastAPI()


def timed(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        started = time.monotonic()
        try:
            return function(*args, **kwargs)
        finally:
            logging.info("%s took %.3f", function.__name__, time.monotonic() - started)

    return wrapper


@timed
def rate(currency: str) -> float:
    return requests.get(f"https://rates.example.org/{currency}", timeout=2).json()["rate"]


@timed
def convert(amount: float, rate: float) -> float:
    return amount * rate


@app.get("/rates/{currency}")
async def read_rate(currency: str) -> float:  #: endpoint GET /rates/{currency} blocks requests.get=error
    return rate(currency)


@app.get("/converted")
async def converted(amount: float) -> float:  #: endpoint GET /converted clean
    return convert(amount, 1.1)
