# Routes made in loops over what the module shows, and by a function that is called with several prefixes.
import time
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, FastAPI

app = FastAPI()
VERSION = "/v1"


async def users() -> str:  #: endpoint GET /users blocks time.sleep
    time.sleep(1)
    return "users"


async def teams() -> str:  #: endpoint GET /teams clean
    return "teams"


async def orders() -> str:  #: endpoint POST /v1/orders clean
    return "orders"


async def items() -> str:  #: endpoint POST /v1/items blocks time.sleep
    time.sleep(1)
    return "items"


async def jobs() -> str:  #: endpoint PUT /x/jobs clean
    return "jobs"


async def runs() -> str:  #: endpoint DELETE /x/runs clean
    return "runs"


for path, handler in [("/users", users), ("/teams", teams)]:
    app.add_api_route(path, handler)

for path, handler in {"/orders": orders, "/items": items}.items():
    app.add_api_route(f"{VERSION}{path}", handler, methods=["POST"])

ROUTES = (("PUT", "/jobs", jobs), ("DELETE", "/runs", runs))


def register(router: FastAPI, prefix: str, routes: tuple[tuple[str, str, Callable[..., Any]], ...]) -> None:
    for method, path, endpoint in routes:
        router.add_api_route(prefix + path, endpoint, methods=[method])


register(app, "/x", ROUTES)


async def all_cats() -> str:  #: endpoint GET /cats/all clean
    return "cats"


async def all_dogs() -> str:  #: endpoint GET /dogs/all clean
    return "dogs"


def listing(name: str, endpoint: Callable[..., Any]) -> APIRouter:
    router = APIRouter(prefix=f"/{name}")
    router.add_api_route("/all", endpoint)
    return router


app.include_router(listing("cats", all_cats))
app.include_router(listing("dogs", all_dogs))

for name in ("p", "q"):

    @app.get(f"/{name}/letter")
    async def letter() -> str:  #: endpoint GET /p/letter GET /q/letter clean
        return "letter"
