# A flag that a call gives as a constant decides which branch runs.
import socket

from fastapi import Depends, FastAPI
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


def known(host: str, user: str | None = None) -> bool:
    return is_blocked(host, resolve=True) if user else False


def wanted(host: str, strict: bool = True) -> bool:
    if strict and is_blocked(host, resolve=True):
        return False
    return True


@app.get("/by-default")
async def by_default(host: str) -> bool:  #: endpoint GET /by-default clean
    return is_blocked(host)


@app.get("/unknown-user")
async def unknown_user(host: str) -> bool:  #: endpoint GET /unknown-user clean
    return known(host)


@app.get("/strict")
async def strict(host: str) -> bool:  #: endpoint GET /strict blocks socket.getaddrinfo=error
    return wanted(host)


@app.get("/lax")
async def lax(host: str) -> bool:  #: endpoint GET /lax clean
    return wanted(host, strict=False)


async def by_request(host: str, resolve: bool = False) -> bool:  #: dependency blocks socket.getaddrinfo=error
    if resolve:
        return is_blocked(host, resolve=True)
    return False


@app.get("/dependent")
async def dependent(blocked: bool = Depends(by_request)) -> bool:  #: endpoint GET /dependent blocks by by_request
    return blocked


WORK = {"quick": lambda: True, "slow": lambda: bool(socket.getaddrinfo("example.org", None))}
OTHER = {"other": lambda: False}


def by_name(name: str) -> bool:
    if name in WORK:
        return WORK[name]()
    return OTHER[name]()


@app.get("/other")
async def other() -> bool:  #: endpoint GET /other clean|unknown
    return by_name("other")


@app.get("/chunks")
async def chunks():  #: endpoint GET /chunks clean
    return [chunk async for chunk in iterate_in_threadpool(iter([b"a", b"b"]))]
