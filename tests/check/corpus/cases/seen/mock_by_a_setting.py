# A setting puts a mock in the place of the service: one of two classes blocks, and nothing says that it is the one.
import time
from typing import Protocol

from fastapi import Depends, FastAPI
from pydantic import BaseModel


class Settings(BaseModel):
    mock: bool = False


def load() -> Settings:
    with open("settings.json") as file:
        return Settings.model_validate_json(file.read())


class Service(Protocol):
    async def start(self, goal: str) -> str: ...


class Mock(Service):
    async def start(self, goal: str) -> str:
        time.sleep(1)
        return goal


class Real(Service):
    async def start(self, goal: str) -> str:
        return goal.upper()


class Holder:
    settings: Settings = Settings()


def service() -> Service:  #: dependency clean on thread
    if Holder.settings.mock:
        return Mock()
    return Real()


def both_mocks() -> Service:  #: dependency clean on thread
    return Mock()


app = FastAPI()


@app.on_event("startup")
def start() -> None:  #:? lifespan clean
    Holder.settings = load()


@app.get("/chosen")
async def chosen(service: Service = Depends(service)) -> str:  #: endpoint GET /chosen blocks time.sleep=warning
    return await service.start("x")


@app.get("/mocked")
async def mocked(service: Service = Depends(both_mocks)) -> str:  #: endpoint GET /mocked blocks time.sleep=error
    return await service.start("x")
