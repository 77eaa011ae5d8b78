# Dependencies that block, all of them `def` or classes: FastAPI runs them in threads.
#: allow CW403
from collections.abc import Iterator
from typing import Annotated

import psycopg2
import requests
from fastapi import APIRouter, Depends, FastAPI, Request

app = FastAPI()


def limit(request: Request) -> None:  #: dependency clean on thread
    requests.get(f"https://limits.example.org{request.url.path}", timeout=1)


def connection() -> Iterator[psycopg2.extensions.connection]:  #: dependency clean on thread
    opened = psycopg2.connect("dbname=app")
    yield opened
    opened.close()


class Tenant:
    def __init__(self, request: Request) -> None:  #: dependency clean on thread
        self.name = requests.get("https://tenants.example.org", timeout=1).text


class Flag:
    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, request: Request) -> bool:  #: dependency clean on thread
        return requests.get(f"https://flags.example.org/{self.name}", timeout=1).text == "on"


router = APIRouter(dependencies=[Depends(limit)])


@router.get("/tenant", dependencies=[Depends(connection)])
async def read(tenant: Annotated[Tenant, Depends()], on: Annotated[bool, Depends(Flag("new"))]) -> str:  #: endpoint GET /tenant clean
    return tenant.name if on else ""


app.include_router(router)
