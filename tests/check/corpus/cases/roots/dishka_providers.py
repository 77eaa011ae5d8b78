# What dishka injects is made on the loop, before the endpoint and also for a `def`, and taken down there after it.
import time
from collections.abc import AsyncIterator, Iterator
from typing import Protocol

import requests
from dishka import AsyncContainer, Provider, Scope, alias, decorate, from_context, make_async_container, provide
from dishka import FromDishka as FromDI
from dishka.integrations.fastapi import DishkaRoute, FastapiProvider, FromDishka, inject, setup_dishka
from fastapi import APIRouter, FastAPI, Request


class Settings:
    url = "https://example.com"


class Client:
    def __init__(self, settings: Settings) -> None:  #: dependency clean on loop
        self.settings = settings

    def load(self) -> bytes:
        return requests.get(self.settings.url).content


class Service:
    def __init__(self, client: Client) -> None:  #: dependency clean on loop
        self.client = client

    async def listed(self) -> bytes:
        return self.client.load()


class Clock(Protocol):
    def wait(self) -> None: ...


class SlowClock:
    def wait(self) -> None:
        time.sleep(1)


class QuickClock:
    def wait(self) -> None: ...


class Report:
    def __init__(self, service: Service) -> None:  #: dependency blocks time.sleep=error on loop
        time.sleep(1)  #! CW103 error time.sleep
        self.service = service

    def used(self) -> int:
        return 1


class Model:
    def __init__(self) -> None:  #: dependency GET /model blocks time.sleep=warning on loop
        time.sleep(1)  #! CW103 warning time.sleep

    def used(self) -> int:
        return 1


class Lease:
    def used(self) -> int:
        return 1


class Mailer:
    def send(self) -> None:
        time.sleep(1)


class AppProvider(Provider):
    scope = Scope.REQUEST

    settings = from_context(provides=Settings, scope=Scope.APP)
    client = provide(Client)
    service = provide(Service) + provide(SlowClock)
    clock = alias(source=SlowClock, provides=Clock)
    report = provide(Report)
    model = provide(Model, scope=Scope.APP)

    @provide
    def lease(self) -> Iterator[Lease]:  #: dependency GET /lease blocks time.sleep=error on loop
        yield Lease()
        time.sleep(1)  #! CW103 error time.sleep

    @decorate
    async def started(self, mailer: Mailer) -> AsyncIterator[Mailer]:  #: dependency GET /mail blocks time.sleep on loop
        time.sleep(1)  #! CW103 error time.sleep
        yield mailer


def make_mailer() -> Mailer:  #: dependency GET /mail clean
    return Mailer()


extra = Provider(scope=Scope.REQUEST)
extra.provide(make_mailer)

router = APIRouter(route_class=DishkaRoute)


@router.get("/service")
async def service(service: FromDishka[Service]) -> None:  #: endpoint GET /service blocks requests.get
    await service.listed()  #! CW102 error requests.get


@router.get("/clock")
async def clock(clock: FromDI[Clock]) -> None:  #: endpoint GET /clock blocks time.sleep
    clock.wait()  #! CW102 error time.sleep


@router.get("/report")
async def report(report: FromDishka[Report]) -> None:  #: endpoint GET /report blocks by Report.__init__
    report.used()


@router.get("/report/sync")
def report_sync(report: FromDishka[Report]) -> None:  #: endpoint GET /report/sync blocks by Report.__init__ on thread
    report.used()


@router.get("/model")
async def model(model: FromDishka[Model]) -> None:  #: endpoint GET /model blocks by Model.__init__
    model.used()


@router.get("/lease")
async def lease(lease: FromDishka[Lease]) -> None:  #: endpoint GET /lease blocks by AppProvider.lease
    lease.used()


@router.get("/mail")
async def mail(mailer: FromDishka[Mailer]) -> None:  #: endpoint GET /mail blocks time.sleep by AppProvider.started
    mailer.send()  #! CW102 error time.sleep


app = FastAPI()


@app.get("/container")
async def container_get(request: Request) -> None:  #: endpoint GET /container blocks time.sleep …
    found = await request.state.dishka_container.get(Report)  #! CW102 error time.sleep
    found.used()


@app.get("/nested")
@inject
async def nested(outer: FromDishka[AsyncContainer]) -> None:  #: endpoint GET /nested blocks requests.get
    async with outer(scope=Scope.STEP) as inner:
        found = await inner.get(Client)
        found.load()  #! CW102 error requests.get


app.include_router(router)
container = make_async_container(AppProvider(), extra, FastapiProvider(), context={Settings: Settings()})
setup_dishka(container, app)
