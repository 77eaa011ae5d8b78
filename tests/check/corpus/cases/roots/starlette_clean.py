# Plain Starlette, with everything it takes in lists, and nothing that blocks.
import contextlib
from collections.abc import AsyncIterator

import httpx
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send


class RequestId:
    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  #: middleware clean
        scope.setdefault("state", {})["id"] = id(scope)
        await self.app(scope, receive, send)


async def home(request: Request) -> Response:  #: endpoint GET / clean
    return PlainTextResponse(request.query_params.get("name", "world"))


async def create(request: Request) -> Response:  #: endpoint POST /api/items clean
    body = await request.json()
    return JSONResponse(body, status_code=201)


async def numbers() -> AsyncIterator[bytes]:
    for number in range(10):
        yield str(number).encode()


async def stream(request: Request) -> Response:  #: endpoint GET /api/stream clean
    return StreamingResponse(numbers())


async def on_http_error(request: Request, error: Exception) -> Response:  #: exception_handler clean
    return JSONResponse({"detail": str(error)}, status_code=400)


@contextlib.asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[dict[str, httpx.AsyncClient]]:  #: lifespan clean
    async with httpx.AsyncClient() as client:
        yield {"client": client}


app = Starlette(
    routes=[
        Route("/", home),
        Mount("/api", routes=[Route("/items", create, methods=["POST"]), Route("/stream", stream)]),
    ],
    middleware=[Middleware(GZipMiddleware, minimum_size=500), Middleware(RequestId)],
    exception_handlers={HTTPException: on_http_error},
    lifespan=lifespan,
)
