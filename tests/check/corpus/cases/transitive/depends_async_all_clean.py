# Every form of dependency, none of which blocks the loop.
from collections.abc import AsyncIterator
from typing import Annotated

import httpx
import requests
from fastapi import APIRouter, Depends, FastAPI, Request

app = FastAPI()
router = APIRouter()


async def client() -> AsyncIterator[httpx.AsyncClient]:  #: dependency clean
    async with httpx.AsyncClient() as opened:
        yield opened


Client = Annotated[httpx.AsyncClient, Depends(client)]


async def user(http: Client) -> str:  #: dependency clean
    answer = await http.get("https://auth.example.org/me")
    return answer.text


def legacy() -> str:  #: dependency clean on thread
    return requests.get("https://legacy.example.org", timeout=2).text


class Page:
    def __init__(self, offset: int = 0, limit: int = 20) -> None:  #: dependency clean on thread
        self.offset = offset
        self.limit = limit


class Tag:
    async def __call__(self, request: Request) -> str:  #: dependency clean
        return request.headers.get("x-tag", "")


@router.get("/a", dependencies=[Depends(Tag())])
async def a(name: Annotated[str, Depends(user)], page: Annotated[Page, Depends()]) -> str:  #: endpoint GET /a clean
    return name[page.offset : page.limit]


@router.get("/b")
async def b(text: Annotated[str, Depends(legacy)]) -> str:  #: endpoint GET /b clean
    return text


app.include_router(router, dependencies=[Depends(user)])
