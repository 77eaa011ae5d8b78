# A callback is described by a protocol with `__call__` alone: other objects that can be called are no candidates.
import subprocess
from typing import Protocol

from fastapi import FastAPI

app = FastAPI()


class Notify(Protocol):
    def __call__(self, *, percentage: int, warnings: list[str]) -> None: ...


class Converter:
    def __call__(self, path: str) -> bytes:
        return subprocess.check_output(["convert", path])


class Progress:
    def __init__(self) -> None:
        self.seen: list[int] = []

    def __call__(self, *, percentage: int, warnings: list[str]) -> None:
        self.seen.append(percentage)


async def parse(text: str, notify: Notify) -> list[str]:
    notify(percentage=50, warnings=[])
    return text.split()


@app.post("/parse")
async def start(text: str) -> list[str]:  #: endpoint POST /parse clean
    return await parse(text, Progress())


@app.get("/converted")
def converted(path: str) -> int:  #: endpoint GET /converted clean on thread
    return len(Converter()(path))
