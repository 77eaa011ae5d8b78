# The framework's classes by the modules that define them.
import time

from fastapi import routing
from fastapi.applications import FastAPI
from fastapi.param_functions import Depends
from fastapi.routing import APIRouter

router = APIRouter(prefix="/a")
other = routing.APIRouter(prefix="/b")


async def slow() -> None:  #: dependency GET /depends blocks time.sleep
    time.sleep(1)


@router.get("/blocks")
async def blocks() -> None:  #: endpoint GET /a/blocks blocks time.sleep
    time.sleep(1)


@other.get("/clean")
async def clean() -> None:  #: endpoint GET /b/clean clean
    return None


app = FastAPI()
app.include_router(router)
app.include_router(other)


@app.get("/depends", dependencies=[Depends(slow)])
async def depends() -> None:  #: endpoint GET /depends blocks by slow
    return None
