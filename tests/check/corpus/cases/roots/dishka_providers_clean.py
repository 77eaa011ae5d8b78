# Providers that make quick objects, or wait as they should; what blocks in a `def` endpoint does so in its thread.
import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, Protocol

import httpx
from dishka import FromComponent, Provider, Scope, make_async_container, provide, provide_all
from dishka.integrations.fastapi import DishkaRoute, FromDishka, inject, setup_dishka
from fastapi import APIRouter, FastAPI


class Model:
    def compute(self) -> None:
        time.sleep(1)


def load_model() -> Model:
    time.sleep(10)
    return Model()


class Clock(Protocol):
    async def wait(self) -> None: ...


class RealClock:
    async def wait(self) -> None:
        await asyncio.sleep(1)


class SlowClock:
    """Nobody provides it."""

    def __init__(self) -> None:
        time.sleep(1)

    async def wait(self) -> None:
        time.sleep(1)


class Repository:
    def __init__(self, client: httpx.AsyncClient) -> None:  #: dependency clean on loop
        self.client = client

    async def load(self) -> int:
        return (await self.client.get("https://example.com")).status_code


@dataclass
class Service:
    repository: Repository

    async def listed(self) -> int:
        return await self.repository.load()


class AppProvider(Provider):
    clock = provide(RealClock, provides=Clock, scope=Scope.REQUEST)
    several = provide_all(Repository, Service, scope=Scope.REQUEST)

    @provide(scope=Scope.APP)
    async def model(self) -> Model:  #: dependency GET /model clean on loop
        return await asyncio.to_thread(load_model)

    @provide(scope=Scope.REQUEST)
    async def client(self) -> AsyncIterator[httpx.AsyncClient]:  #: dependency clean on loop
        async with httpx.AsyncClient() as client:
            yield client


router = APIRouter(route_class=DishkaRoute)


@router.get("/service")
async def service(service: FromDishka[Service]) -> int:  #: endpoint GET /service clean
    return await service.listed()


@router.get("/clock")
async def clock(clock: FromDishka[Clock]) -> None:  #: endpoint GET /clock clean
    await clock.wait()


@router.get("/model")
def model(model: FromDishka[Model]) -> None:  #: endpoint GET /model clean on thread
    model.compute()


app = FastAPI()


@app.get("/component")
@inject
async def component(repository: Annotated[FromDishka[Repository], FromComponent("")]) -> int:  #: endpoint GET /component clean
    return await repository.load()


app.include_router(router)
setup_dishka(make_async_container(AppProvider()), app)
