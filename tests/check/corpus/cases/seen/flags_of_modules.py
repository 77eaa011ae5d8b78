# A flag of a module that is only ever put down lets what stands behind it run once in the process.
from functools import lru_cache

import requests
from fastapi import FastAPI
from service import state

app = FastAPI()
first = True
again = True


@app.get("/once/elsewhere")
async def once_elsewhere() -> None:  #: endpoint blocks requests.get=warning
    if state.check:
        state.check = False
        requests.get("https://version/")


@app.get("/once")
async def once() -> None:  #: endpoint blocks requests.get=warning
    global first
    if first:
        first = False
        requests.get("https://version/")


@app.get("/again/elsewhere")
async def again_elsewhere() -> None:  #: endpoint blocks requests.get=error
    if state.stale:
        state.stale = False
        requests.get("https://version/")


@app.get("/again")
async def once_more() -> None:  #: endpoint blocks requests.get=error
    global again
    if again:
        again = False
        requests.get("https://version/")


@app.post("/again")
async def raise_it() -> None:  #: endpoint clean
    global again
    again = True


@lru_cache(maxsize=1)
def version(name: str) -> str:
    return requests.get("https://version/" + name).text


@lru_cache(maxsize=8)
def user(name: str) -> str:
    return requests.get("https://user/" + name).text


@app.get("/version")
async def of_version() -> str:  #: endpoint blocks requests.get=warning
    return version("service")


@app.get("/user")
async def of_user(name: str) -> str:  #: endpoint blocks requests.get=error
    return user(name)


#: file service/__init__.py
#: file service/state.py
check: bool = True
stale: bool = True


def changed() -> None:
    global stale
    stale = True
