# Which class is taken follows from a setting with a default: what the other one does is possible, not certain.
import time
from typing import Protocol

from fastapi import Depends, FastAPI
from pydantic import BaseModel


class BaseSettings(BaseModel):
    """Stands for that of pydantic-settings."""


class Settings(BaseSettings):
    mock: bool = False


class Service(Protocol):
    async def start(self, goal: str) -> str: ...


class Mock(Service):
    async def start(self, goal: str) -> str:
        time.sleep(1)
        return goal


class Real(Service):
    async def start(self, goal: str) -> str:
        return goal.upper()


settings = Settings()


def chosen() -> Service:  #:? dependency clean
    if settings.mock:
        return Mock()
    return Real()


app = FastAPI()


@app.get("/injected")
async def injected(service: Service = Depends(chosen)):  #: endpoint blocks time.sleep
    return await service.start("x")  #! CW102 warning


@app.get("/called")
async def called():  #: endpoint blocks time.sleep
    return await chosen().start("x")  #! CW102 warning


@app.get("/made")
async def made():  #: endpoint blocks time.sleep
    return await Mock().start("x")  #! CW102 error
