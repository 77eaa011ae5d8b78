# The same markers before services that wait as they should, and a `def` endpoint before one that does not.
import asyncio
import time
from typing import Annotated

from aioinject.ext.fastapi import Injected as FromAioinject
from fastapi import FastAPI
from fastapi_injector import Injected
from lagom import Container
from lagom.integrations.fast_api import FastApiIntegration
from svcs.fastapi import DepContainer
from wireup import Inject, Injected as FromWireup


class Service:
    async def load(self) -> None:
        await asyncio.sleep(1)

    def compute(self) -> None:
        time.sleep(1)


app = FastAPI()
deps = FastApiIntegration(Container())


@app.get("/injector")
async def injector(service: Service = Injected(Service)) -> None:  #: endpoint GET /injector clean
    await service.load()


@app.get("/lagom")
async def lagom(service=deps.depends(Service)) -> None:  #: endpoint GET /lagom clean
    await service.load()


@app.get("/wireup")
async def wireup(service: FromWireup[Service]) -> None:  #: endpoint GET /wireup clean
    await service.load()


@app.get("/wireup/annotated")
async def annotated(service: Annotated[Service, Inject()]) -> None:  #: endpoint GET /wireup/annotated clean
    await service.load()


@app.get("/aioinject")
async def aioinject(service: FromAioinject[Service]) -> None:  #: endpoint GET /aioinject clean
    await service.load()


@app.get("/svcs")
async def of_services(services: DepContainer) -> None:  #: endpoint GET /svcs clean
    service = await services.aget(Service)
    await service.load()


@app.get("/sync")
def sync(service: FromWireup[Service]) -> None:  #: endpoint GET /sync clean on thread
    service.compute()
