# What is kept is made behind a test of two things, in a method of its own: once in a process, so a warning.
import enum
import time
from abc import ABC, abstractmethod

from fastapi import FastAPI

app = FastAPI()


class State(enum.Enum):
    NEW = "new"
    READY = "ready"


class Resource(ABC):
    def __init__(self) -> None:
        self.state = State.NEW
        self._instance: object | None = None

    @abstractmethod
    async def make(self) -> object: ...

    async def get(self) -> object:
        if self.state == State.READY and self._instance is not None:
            return self._instance
        return await self._create()

    async def _create(self) -> object:
        self._instance = await self.make()
        self.state = State.READY
        return self._instance

    async def again(self) -> object:
        self._instance = await self.make()
        return self._instance


class Disk(Resource):
    async def make(self) -> object:
        time.sleep(2)
        return []


disk = Disk()


@app.get("/kept")
async def kept() -> object:  #: endpoint GET /kept blocks time.sleep=warning
    return await disk.get()


@app.get("/anew")
async def anew() -> object:  #: endpoint GET /anew blocks time.sleep=error
    return await disk.again()
