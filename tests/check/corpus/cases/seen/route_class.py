# A router's own route class wraps every endpoint in a handler that runs on the loop.
import time
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.routing import APIRoute

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class Slow(APIRoute):
    def get_route_handler(self) -> Handler:
        original = super().get_route_handler()

        async def handler(request: Request) -> Response:  #: blocks time.sleep=error
            time.sleep(1)
            return await original(request)

        return handler


app = FastAPI()
router = APIRouter(route_class=Slow)


@router.get("/items")
async def items() -> list[int]:  #: endpoint GET /items blocks|clean
    return []


app.include_router(router)
