# `Depends(require("admin"))`: a function makes the dependency, and what it makes blocks.
from collections.abc import Awaitable, Callable
from typing import Annotated

import requests
from fastapi import Depends, FastAPI, Header, HTTPException

app = FastAPI()


def require(role: str) -> Callable[..., Awaitable[str]]:
    async def checker(authorization: Annotated[str, Header()]) -> str:  #: dependency GET /admin blocks requests.get=error
        answer = requests.get(f"https://auth.example.org/roles/{role}", headers={"A": authorization}, timeout=2)
        if not answer.ok:
            raise HTTPException(403)
        return role

    return checker


def limit(most: int) -> Callable[..., Awaitable[int]]:
    async def limited(limit: int = 10) -> int:  #: dependency GET /items clean
        return min(limit, most)

    return limited


@app.get("/admin")
def admin(role: Annotated[str, Depends(require("admin"))]) -> str:  #: endpoint GET /admin blocks by checker on thread
    return role


@app.get("/items")
async def items(limit: Annotated[int, Depends(limit(100))]) -> int:  #: endpoint GET /items clean
    return limit
