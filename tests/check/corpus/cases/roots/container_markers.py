# The markers of other containers: what they inject is an object of the class that they name.
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
    def load(self) -> None:
        time.sleep(1)


app = FastAPI()
deps = FastApiIntegration(Container())


@app.get("/injector")
async def injector(service: Service = Injected(Service)) -> None:  #: endpoint GET /injector blocks time.sleep
    service.load()  #! CW102 error time.sleep


@app.get("/lagom")
async def lagom(service=deps.depends(Service)) -> None:  #: endpoint GET /lagom blocks time.sleep
    service.load()  #! CW102 error time.sleep


@app.get("/wireup")
async def wireup(service: FromWireup[Service]) -> None:  #: endpoint GET /wireup blocks time.sleep
    service.load()  #! CW102 error time.sleep


@app.get("/wireup/annotated")
async def annotated(service: Annotated[Service, Inject()]) -> None:  #: endpoint GET /wireup/annotated blocks time.sleep
    service.load()  #! CW102 error time.sleep


@app.get("/aioinject")
async def aioinject(service: FromAioinject[Service]) -> None:  #: endpoint GET /aioinject blocks time.sleep
    service.load()  #! CW102 error time.sleep


@app.get("/svcs")
async def of_services(services: DepContainer) -> None:  #: endpoint GET /svcs blocks time.sleep
    service = await services.aget(Service)
    service.load()  #! CW102 error time.sleep
