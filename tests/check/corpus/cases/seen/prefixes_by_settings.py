# A prefix is shown where it is known, not one of several of which another comes from nowhere.
# A path by a parameter is its default.
import time
from typing import Any

from fastapi import APIRouter, FastAPI
from pydantic import BaseModel, Field


class Testing(BaseModel):
    value: Any = Field(default="/foo")


class Server(BaseModel):
    base: str = ""


class Settings(BaseModel):
    testing: Testing = Testing()
    server: Server = Server()


settings = Settings()


class Setting:
    def __init__(self, name: str, accessor: str) -> None:
        self.name = name
        self.accessor = accessor

    def value(self) -> Any:
        if self.name == "TEST":
            return settings.testing.value
        current: Any = settings
        for part in self.accessor.split("."):
            current = getattr(current, part)
        return current


BASE = Setting("BASE", "server.base")
PREFIX = "/v1"

router = APIRouter()
constant = APIRouter()


@router.get("/slow")
async def slow() -> None:  #: endpoint GET /slow blocks time.sleep=error
    time.sleep(1)


@constant.get("/slow")
async def slow_too() -> None:  #: endpoint GET /v1/slow blocks time.sleep=error
    time.sleep(1)


def health_of(app: FastAPI, path: str = "/health") -> None:
    @app.get(path)
    async def health() -> None:  #: endpoint GET /health clean
        pass


app = FastAPI()
app.include_router(router, prefix=BASE.value())
app.include_router(constant, prefix=PREFIX)
health_of(app)
