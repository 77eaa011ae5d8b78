# An abstract class method that is called on a class stands for those that override it.
import importlib
import time
from abc import ABC, abstractmethod
from functools import lru_cache
from typing import Any, Optional

from fastapi import FastAPI, Request

app = FastAPI()


def import_from(name: str) -> Any:
    module, _, attribute = name.rpartition(".")
    return getattr(importlib.import_module(module), attribute)


@lru_cache
def implementation(cls: type, name: Optional[str]) -> type:
    if name is None:
        return cls
    return import_from(name)


class Authentication(ABC):
    @classmethod
    @abstractmethod
    async def of(cls, request: Request) -> "Authentication":
        """The one of this request."""

    @classmethod
    @abstractmethod
    async def quick(cls) -> None: ...


class ByKey(Authentication):
    @classmethod
    async def of(cls, request: Request) -> "Authentication":
        time.sleep(1)
        return cls()

    @classmethod
    async def quick(cls) -> None:
        pass


@app.get("/given")
async def given(request: Request) -> None:  #: endpoint GET /given blocks time.sleep …
    chosen: Any = implementation(Authentication, request.app.state.name)
    await chosen.of(request)


@app.get("/class")
async def by_class(request: Request) -> None:  #: endpoint GET /class blocks time.sleep=error
    await Authentication.of(request)


@app.get("/quick")
async def quick() -> None:  #: endpoint GET /quick clean
    await Authentication.quick()
