# `isinstance(x, C)` makes a C of an x of which nothing else is known, until it is bound anew.
#: unresolved
import time
from typing import Any

from acme import load
from fastapi import FastAPI, Request

app = FastAPI()


class Splitter:
    def split(self, text: str) -> list[str]:
        time.sleep(1)
        return list(text)

    def items(self) -> list[str]:
        time.sleep(1)
        return []

    def fetch(self) -> None:
        time.sleep(1)


@app.get("/text")
async def text(request: Request) -> int:  #: endpoint GET /text clean
    port = request.app.config.port
    if isinstance(port, str):
        return int(port.split(":")[-1])
    return 0


@app.get("/type")
async def by_type(request: Request) -> int:  #: endpoint GET /type clean
    port = request.app.config.port
    if type(port) is str:
        port = int(port.split(":")[-1])
    return 0


@app.get("/dictionary")
async def dictionary(request: Request) -> int:  #: endpoint GET /dictionary clean
    data = request.app.config.read
    found = 0
    if isinstance(data, dict):
        for _key, _value in data.items():
            found += 1
    return found


@app.get("/own")
async def own(request: Request) -> None:  #: endpoint GET /own blocks time.sleep=error
    port: Any = request.app.config.port
    if isinstance(port, Splitter):
        port.split("x")


@app.get("/anew")
async def anew(request: Request) -> None:  #: endpoint GET /anew unknown|blocks
    port: Any = request.app.config.port
    if isinstance(port, str):
        port = load(port)
        port.fetch()
