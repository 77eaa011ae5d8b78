# A route class whose handler only measures.
import time
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.routing import APIRoute

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class Timed(APIRoute):
    def get_route_handler(self) -> Handler:
        original = super().get_route_handler()

        async def handler(request: Request) -> Response:  #:? clean
            before = time.perf_counter()
            response = await original(request)
            response.headers["X-Seconds"] = str(time.perf_counter() - before)
            return response

        return handler


app = FastAPI()
router = APIRouter(route_class=Timed)


@router.get("/items")
async def items() -> list[int]:  #: endpoint GET /items clean
    return []


app.include_router(router)
