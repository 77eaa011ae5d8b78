# Plain Starlette: routes and mounts are lists of objects.
import time

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.websockets import WebSocket


async def home(request: Request) -> PlainTextResponse:  #: endpoint GET / clean
    return PlainTextResponse("hello")


async def slow(request: Request) -> JSONResponse:  #: endpoint POST /api/slow/{seconds} blocks time.sleep
    time.sleep(float(request.path_params["seconds"]))
    return JSONResponse({"slept": True})


def threaded(request: Request) -> JSONResponse:  #: endpoint GET /api/threaded clean on thread
    time.sleep(1)
    return JSONResponse({"slept": True})


async def feed(websocket: WebSocket) -> None:  #: websocket WS /api/feed blocks time.sleep
    await websocket.accept()
    while True:
        await websocket.send_text("tick")
        time.sleep(1)


app = Starlette(
    routes=[
        Route("/", home),
        Mount(
            "/api",
            routes=[
                Route("/slow/{seconds}", slow, methods=["POST"]),
                Route("/threaded", endpoint=threaded),
                WebSocketRoute("/feed", feed),
            ],
        ),
    ]
)
