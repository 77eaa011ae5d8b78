# Dependencies of the app and of a router stand before every route below them.
#: file api/__init__.py
#: file api/guards.py
import time

import requests
from fastapi import HTTPException, Request


async def rate_limit(request: Request) -> None:  #: dependency GET /items, GET /status blocks requests.get=error
    if requests.get(f"https://limits.example.org/{request.url.path}", timeout=1).text == "full":
        raise HTTPException(429)


async def slow_down() -> None:  #: dependency GET /items blocks time.sleep=error
    time.sleep(0.05)  #! CW103 error time.sleep


async def tagged(request: Request) -> str:  #: dependency GET /items clean
    return request.headers.get("x-tag", "none")
#: file api/main.py
from fastapi import APIRouter, Depends, FastAPI

from api.guards import rate_limit, slow_down, tagged

app = FastAPI(dependencies=[Depends(rate_limit)])
router = APIRouter(dependencies=[Depends(slow_down)])


@router.get("/items", dependencies=[Depends(tagged)])
def items() -> list[str]:  #: endpoint GET /items blocks by rate_limit by slow_down on thread
    return []


@app.get("/status")
async def status() -> str:  #: endpoint GET /status blocks by rate_limit
    return "ok"


app.include_router(router)
