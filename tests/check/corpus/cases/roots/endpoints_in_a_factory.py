# Routers and endpoints are built inside functions; the closure carries the client.
#: file app/__init__.py
#: file app/crud.py
from fastapi import APIRouter
from pymongo.collection import Collection


def make_router(name: str, collection: Collection) -> APIRouter:
    router = APIRouter(prefix=f"/{name}")

    @router.get("/{key}")
    async def read(key: str):  #: endpoint blocks Collection.find_one=error
        return collection.find_one({"key": key}, {"_id": 0})

    @router.get("/")
    async def describe() -> str:  #: endpoint clean
        return name

    return router
#: file app/main.py
from fastapi import FastAPI
from pymongo import MongoClient

from app.crud import make_router


def create_app() -> FastAPI:
    app = FastAPI()
    database = MongoClient("mongodb://localhost").shop
    app.include_router(make_router("orders", database.orders))

    @app.get("/health")
    async def health() -> str:  #: endpoint GET /health clean
        return "ok"

    return app


app = create_app()
