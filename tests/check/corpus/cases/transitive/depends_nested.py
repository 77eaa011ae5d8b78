# A dependency of a dependency of a dependency: the innermost blocks the loop.
from typing import Annotated

import redis
from fastapi import Depends, FastAPI

app = FastAPI()
store = redis.Redis()


async def session_data(token: str) -> str:  #: dependency blocks Redis.get=error
    return store.get(token) or ""


async def user(data: Annotated[str, Depends(session_data)]) -> str:  #: dependency blocks by session_data
    return data.partition(":")[0]


def tenant(name: Annotated[str, Depends(user)]) -> str:  #: dependency blocks by session_data on thread
    return name.rpartition("@")[2]


@app.get("/tenant")
def read(name: Annotated[str, Depends(tenant)]) -> str:  #: endpoint GET /tenant blocks by session_data on thread
    return name
