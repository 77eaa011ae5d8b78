# Dependencies as bound method, static method, class method and partial.
import functools
import time
from typing import Annotated

from fastapi import Depends, FastAPI, Request

app = FastAPI()


class Auth:
    def __init__(self, realm: str) -> None:
        self.realm = realm

    async def user(self, request: Request) -> str:  #: dependency GET /bound blocks time.sleep=error
        time.sleep(0.1)
        return f"{request.url.path}@{self.realm}"

    @staticmethod
    async def guest(request: Request) -> str:  #: dependency GET /static clean
        return request.url.path

    @classmethod
    def known(cls, request: Request) -> str:  #: dependency GET /class clean on thread
        time.sleep(0.1)
        return cls.__name__


async def delayed(seconds: float = 0.1, *, factor: int) -> float:  #: dependency GET /partial blocks time.sleep=error
    time.sleep(seconds * factor)
    return seconds


auth = Auth("main")


@app.get("/bound")
async def bound(user: Annotated[str, Depends(auth.user)]) -> str:  #: endpoint GET /bound blocks by Auth.user
    return user


@app.get("/static")
async def static(user: Annotated[str, Depends(Auth.guest)]) -> str:  #: endpoint GET /static clean
    return user


@app.get("/class")
async def by_class(user: Annotated[str, Depends(Auth.known)]) -> str:  #: endpoint GET /class clean
    return user


@app.get("/partial")
async def partial(seconds: Annotated[float, Depends(functools.partial(delayed, factor=2))]) -> float:  #: endpoint GET /partial blocks by delayed
    return seconds
