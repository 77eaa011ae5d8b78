# A function includes the routers; prefixes and dependencies are given there.
#: file app/__init__.py
#: file app/auth.py
import time

from fastapi import Header, HTTPException


async def verified(x_token: str = Header()) -> str:  #: dependency GET /v1/items, GET /v1/items/{item_id} blocks time.sleep=error
    time.sleep(0.2)
    if not x_token:
        raise HTTPException(401)
    return x_token
#: file app/items.py
from fastapi import APIRouter

router = APIRouter(prefix="/items")


@router.get("")
async def items() -> list[int]:  #: endpoint GET /v1/items blocks by verified
    return []


@router.get("/{item_id}")
def item(item_id: int) -> int:  #: endpoint GET /v1/items/{item_id} blocks by verified on thread
    return item_id
#: file app/open.py
from fastapi import APIRouter

router = APIRouter()


@router.get("/ping")
async def ping() -> str:  #: endpoint GET /ping clean
    return "pong"
#: file app/main.py
from fastapi import Depends, FastAPI

from app import items, open
from app.auth import verified


def add_routers(app: FastAPI) -> None:
    app.include_router(items.router, prefix="/v1", dependencies=[Depends(verified)])
    app.include_router(open.router)


app = FastAPI()
add_routers(app)
