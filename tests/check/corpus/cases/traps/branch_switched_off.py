# A flag that a call gives as a constant decides which branch runs.
import socket

from fastapi import FastAPI
from starlette.concurrency import iterate_in_threadpool

app = FastAPI()


def is_blocked(host: str, *, resolve: bool = False) -> bool:
    if host.endswith(".internal"):
        return True
    if not resolve:
        return False
    return bool(socket.getaddrinfo(host, None))


def check(host: str, deep: bool) -> bool:
    if deep and host:
        return is_blocked(host, resolve=True)
    return False


@app.get("/shallow")
async def shallow(host: str) -> bool:  #: endpoint GET /shallow clean
    return is_blocked(host, resolve=False)


@app.get("/deep")
async def deep(host: str) -> bool:  #: endpoint GET /deep blocks socket.getaddrinfo=error
    return is_blocked(host, resolve=True)


@app.get("/by-position")
async def by_position(host: str) -> bool:  #: endpoint GET /by-position clean
    return check(host, False)


@app.get("/asked")
async def asked(host: str, resolve: bool) -> bool:  #: endpoint GET /asked blocks socket.getaddrinfo=error
    return check(host, resolve)


@app.get("/chunks")
async def chunks():  #: endpoint GET /chunks clean
    return [chunk async for chunk in iterate_in_threadpool(iter([b"a", b"b"]))]
