# A container of unknown make is asked for a class: what it gives is an object of that class.
#: unresolved acme_container
import math
import subprocess

from acme_container import container
from fastapi import FastAPI, Request

app = FastAPI()


class Repository:
    def load(self, key: str) -> bytes:
        return subprocess.check_output(["git", "show", key])

    def size(self, value: float) -> bool:
        return math.isnan(value)


@app.get("/files/{key}")
async def read(key: str) -> bytes:  #: endpoint GET /files/{key} blocks subprocess.check_output=error
    return container.get(Repository).load(key)


@app.get("/states/{key}")
async def state(request: Request, key: str) -> bytes:  #: endpoint GET /states/{key} blocks subprocess.check_output=error
    repository = request.state.container.resolve(Repository)
    return repository.load(key)


@app.get("/sizes/{value}")
async def size(value: float) -> bool:  #: endpoint GET /sizes/{value} clean
    return container.get(Repository).size(value)
