# Which class is made hangs on the environment. Where all of them block it is an error, where one does a warning.
import os
import time
from abc import ABC, abstractmethod

from fastapi import FastAPI

app = FastAPI()


class Engine(ABC):
    @abstractmethod
    def run(self) -> int: ...

    @abstractmethod
    def name(self) -> str: ...


class Large(Engine):
    def run(self) -> int:
        time.sleep(2)
        return 2

    def name(self) -> str:
        time.sleep(1)
        return "large"


class Small(Engine):
    def run(self) -> int:
        time.sleep(1)
        return 1

    def name(self) -> str:
        return "small"


def make() -> Engine:
    if os.environ["ENGINE"] == "large":
        return Large()
    elif os.environ["ENGINE"] == "small":
        return Small()
    raise ValueError("no such engine")


os.environ.setdefault("ENGINE", "small")
model = make()


@app.get("/run")
async def run() -> int:  #: endpoint GET /run blocks time.sleep=error
    return model.run()


@app.get("/name")
async def name() -> str:  #: endpoint GET /name blocks time.sleep=warning
    return model.name()
