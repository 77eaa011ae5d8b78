# Factories of dependencies that read the token, compare, and await a client.
from collections.abc import Awaitable, Callable
from typing import Annotated

import httpx
from fastapi import Depends, FastAPI, Header, HTTPException

app = FastAPI()
auth = httpx.AsyncClient(base_url="https://auth.example.org")


def require(*roles: str) -> Callable[..., Awaitable[str]]:
    async def checker(authorization: Annotated[str, Header()]) -> str:  #: dependency GET /admin clean
        answer = await auth.get("/role", headers={"Authorization": authorization})
        if answer.text not in roles:
            raise HTTPException(403)
        return answer.text

    return checker


class Page:
    def __init__(self, most: int) -> None:
        self.most = most

    def __call__(self, limit: int = 10) -> int:  #: dependency GET /items clean on thread
        return min(limit, self.most)


@app.get("/admin")
async def admin(role: Annotated[str, Depends(require("admin", "root"))]) -> str:  #: endpoint GET /admin clean
    return role


@app.get("/items")
async def items(size: Annotated[int, Depends(Page(100))]) -> int:  #: endpoint GET /items clean
    return size
