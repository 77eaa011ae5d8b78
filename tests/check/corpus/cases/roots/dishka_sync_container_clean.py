# With a sync container all is made in the thread of the `def` endpoint.
import time

from dishka import Provider, Scope, make_container
from dishka.integrations.fastapi import DishkaSyncRoute, FromDishka, setup_dishka
from fastapi import APIRouter, FastAPI


class Report:
    def __init__(self) -> None:  #: dependency GET /report clean on thread
        time.sleep(1)


provider = Provider(scope=Scope.REQUEST)
provider.provide(Report)
router = APIRouter(route_class=DishkaSyncRoute)


@router.get("/report")
def report(report: FromDishka[Report]) -> str:  #: endpoint GET /report clean on thread
    return str(report)


app = FastAPI()
app.include_router(router)
setup_dishka(make_container(provider), app)
