# Two decorators on an endpoint: the outer measures, the inner checks a permission over the network.
import functools
import logging
import time

import requests
from fastapi import FastAPI, HTTPException

app = FastAPI()


def timed(function):
    @functools.wraps(function)
    async def measured(*args, **kwargs):
        started = time.perf_counter()
        try:
            return await function(*args, **kwargs)
        finally:
            logging.info("%.3f", time.perf_counter() - started)

    return measured


def permitted(name):
    def decorate(function):
        @functools.wraps(function)
        async def checked(*args, **kwargs):
            if not requests.get(f"https://permissions.example.org/{name}", timeout=1).ok:
                raise HTTPException(403)
            return await function(*args, **kwargs)

        return checked

    return decorate


@app.delete("/items/{item_id}")
@timed
@permitted("delete")
async def delete(item_id: int) -> None:  #: endpoint DELETE /items/{item_id} blocks requests.get=error
    return None


@app.get("/items/{item_id}")
@timed
async def read(item_id: int) -> int:  #: endpoint GET /items/{item_id} clean
    return item_id
