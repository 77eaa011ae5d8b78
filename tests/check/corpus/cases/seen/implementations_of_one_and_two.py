# An abstract class with one implementation, which blocks, is an error; with two, of which one does nothing, a warning.
import time
from abc import ABC, abstractmethod

from fastapi import FastAPI

app = FastAPI()


class Mail(ABC):
    @abstractmethod
    def send(self, text: str) -> None: ...


class Smtp(Mail):
    def send(self, text: str) -> None:
        time.sleep(1)


class Cache(ABC):
    @abstractmethod
    def clear(self) -> None:
        """Forget everything."""


class SlowCache(Cache):
    def clear(self) -> None:
        time.sleep(1)


class NoCache(Cache):
    def clear(self) -> None:
        pass


class Store(ABC):
    @abstractmethod
    def save(self) -> None: ...


class Unfinished(Store):
    def save(self) -> None:
        raise NotImplementedError


class Disk(Store):
    def save(self) -> None:
        time.sleep(1)


@app.get("/mail")
async def mail() -> None:  #: endpoint GET /mail blocks time.sleep=error
    sender: Mail = app.state.mail
    sender.send("hello")


@app.get("/cache")
async def cache() -> None:  #: endpoint GET /cache blocks time.sleep=warning
    kept: Cache = app.state.cache
    kept.clear()


@app.get("/store")
async def store() -> None:  #: endpoint GET /store blocks time.sleep=error
    disk: Store = app.state.store
    disk.save()
