# A method of the same name is no candidate where it could not take the arguments, or what it gives is awaited.
#: unresolved
import time
from typing import Any

import acme
from fastapi import FastAPI

app = FastAPI()


class Store:
    def has_key(self, key: str) -> bool:
        time.sleep(1)
        return True

    def lookup(self, key: str, *, deep: bool = False) -> None:
        time.sleep(1)


@app.get("/awaited")
async def awaited() -> Any:  #: endpoint GET /awaited clean|unknown
    return await acme.made().has_key("x")


@app.get("/too-few")
async def too_few() -> Any:  #: endpoint GET /too-few clean|unknown
    return acme.made().has_key()


@app.get("/other-names")
async def other_names() -> Any:  #: endpoint GET /other-names clean|unknown
    return acme.made().lookup("x", wide=True)


@app.get("/fits")
async def fits() -> Any:  #: endpoint GET /fits blocks time.sleep=warning
    return acme.made().lookup("x", deep=True)
