# Calling an object runs its `__call__`.
import socket

from fastapi import FastAPI

app = FastAPI()


class Probe:
    def __init__(self, port: int) -> None:
        self.port = port

    def __call__(self, host: str) -> bool:
        with socket.create_connection((host, self.port), timeout=1):
            return True


class Adder:
    def __init__(self, n: int) -> None:
        self.n = n

    def __call__(self, m: int) -> int:
        return self.n + m


https = Probe(443)


@app.get("/probe/{host}")
async def probe(host: str) -> bool:  #: endpoint GET /probe/{host} blocks socket.create_connection=error
    return https(host)


@app.get("/add/{m}")
async def add(m: int) -> int:  #: endpoint GET /add/{m} clean
    return Adder(3)(m)
