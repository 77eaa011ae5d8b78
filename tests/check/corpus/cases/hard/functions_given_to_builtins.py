# `map`, `sorted(key=…)`, `filter` and `functools.reduce` call what they are given.
import functools
import socket

from fastapi import FastAPI

app = FastAPI()


def address(host: str) -> str:
    return socket.gethostbyname(host)


def shortest(a: str, b: str) -> str:
    return min(a, b, key=len)


@app.post("/map")
async def by_map(hosts: list[str]) -> list[str]:  #: endpoint POST /map blocks socket.gethostbyname=error
    return list(map(address, hosts))


@app.post("/sorted")
async def by_key(hosts: list[str]) -> list[str]:  #: endpoint POST /sorted blocks socket.gethostbyname=error
    return sorted(hosts, key=address)


@app.post("/reduce")
async def by_reduce(hosts: list[str]) -> str:  #: endpoint POST /reduce clean
    return functools.reduce(shortest, filter(str.isalpha, hosts))
