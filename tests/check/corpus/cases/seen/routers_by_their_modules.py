# FastAPI's classes by the modules that define them: routes of such routers and apps are roots like any other.
#: file shelves/items.py
import time

from fastapi.routing import APIRouter

router = APIRouter(tags=["items"], include_in_schema=False)


@router.get("/items")
@router.get("/all-items")
async def items() -> None:  #: endpoint GET /items, GET /all-items blocks time.sleep=error
    time.sleep(1)


@router.get("/names")
async def names() -> list[str]:  #: endpoint GET /names clean
    return []


#: file shelves/users.py
import time

import fastapi.routing
from fastapi.param_functions import Depends

router = fastapi.routing.APIRouter(prefix="/users")


async def current() -> int:  #: dependency blocks time.sleep=error
    time.sleep(1)
    return 1


@router.get("/me")
async def me(user: int = Depends(current)) -> int:  #: endpoint GET /users/me blocks by current
    return user


#: file main.py
import time

from fastapi.applications import FastAPI

from shelves import items, users

app = FastAPI()
app.include_router(items.router)
app.include_router(users.router)


@app.get("/health")
async def health() -> None:  #: endpoint GET /health blocks time.sleep=error
    time.sleep(1)
