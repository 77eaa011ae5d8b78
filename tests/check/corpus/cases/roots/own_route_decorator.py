# Routes are made by a decorator of the project around `router.get`.
#: file app/__init__.py
#: file app/routing.py
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter

router = APIRouter()


def query(path: str, **options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        return router.get(path, response_model_exclude_none=True, **options)(function)

    return register
#: file app/main.py
from pathlib import Path

from fastapi import FastAPI

from app.routing import query, router

app = FastAPI()


@query("/documents/{name}", tags=["documents"])
async def document(name: str):  #: endpoint GET /documents/{name} blocks Path.read_bytes=warning
    return {"size": len(Path("documents", name).read_bytes())}


@query("/documents")
async def documents():  #: endpoint GET /documents clean
    return []


app.include_router(router)
