# Two classes share a method's name; the one that blocks is never what the endpoint holds.
import requests
from fastapi import FastAPI

app = FastAPI()


class Remote:
    def load(self, key: str) -> str:
        return requests.get(f"https://example.org/{key}", timeout=1).text


class Local:
    def load(self, key: str) -> str:
        return key[::-1]


class Holder:
    def __init__(self, source: Local) -> None:
        self.source = source

    def read(self, key: str) -> str:
        return self.source.load(key)


holder = Holder(Local())


@app.get("/local/{key}")
async def local(key: str) -> str:  #: endpoint GET /local/{key} clean
    return holder.read(key)


@app.get("/remote/{key}")
def remote(key: str) -> str:  #: endpoint GET /remote/{key} clean on thread
    return Remote().load(key)
