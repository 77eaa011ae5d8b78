# A subclass of APIRouter, whose own decorator goes through `super()`.
#: file app/__init__.py
#: file app/routing.py
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter


class VersionedRouter(APIRouter):
    def __init__(self, version: int, **options: Any) -> None:
        super().__init__(**options)
        self.version = version

    def add_api_route(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        super().add_api_route(path.rstrip("/"), endpoint, **options)
#: file app/main.py
import time

from fastapi import FastAPI

from app.routing import VersionedRouter

router = VersionedRouter(2, prefix="/v2")


@router.get("/slow")
async def slow() -> int:  #: endpoint GET /v2/slow blocks time.sleep
    time.sleep(1)
    return router.version


@router.post("/quick")
async def quick() -> int:  #: endpoint POST /v2/quick clean
    return router.version


app = FastAPI()
app.include_router(router)
