# Relative imports, one and two levels up.
#: file shop/__init__.py
#: file shop/net.py
import requests


def get(path: str) -> dict:
    return requests.get(f"https://shop.example.org/{path}", timeout=2).json()


def join(*parts: str) -> str:
    return "/".join(parts)
#: file shop/api/__init__.py
#: file shop/api/items.py
from fastapi import APIRouter

from .. import net
from ..net import join
from . import names

router = APIRouter()


@router.get("/items/{name}")
async def item(name: str) -> dict:  #: endpoint GET /items/{name} blocks requests.get=error
    return net.get(join("items", names.clean(name)))


@router.get("/paths/{name}")
async def path(name: str) -> str:  #: endpoint GET /paths/{name} clean
    return join("items", names.clean(name))
#: file shop/api/names.py
def clean(name: str) -> str:
    return name.strip().casefold()
#: file shop/main.py
from fastapi import FastAPI

from .api.items import router

app = FastAPI()
app.include_router(router)
