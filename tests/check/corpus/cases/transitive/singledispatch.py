# `singledispatch` chooses by the argument's type; one of the implementations blocks.
import functools
from pathlib import Path

from fastapi import FastAPI

app = FastAPI()


@functools.singledispatch
def size(value: object) -> int:
    return len(str(value))


@size.register
def _(value: Path) -> int:
    return len(value.read_bytes())


@functools.singledispatch
def shown(value: object) -> str:
    return repr(value)


@shown.register
def _(value: int) -> str:
    return f"{value:,}"


@app.get("/sizes/{name}")
async def file_size(name: str) -> int:  #: endpoint GET /sizes/{name} blocks Path.read_bytes=warning
    return size(Path(name))


@app.get("/shown/{n}")
async def show(n: int) -> str:  #: endpoint GET /shown/{n} clean
    return shown(n)
