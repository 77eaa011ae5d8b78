# APIRoute objects in lists, `add_api_websocket_route`, routes given to the constructor.
import time

from fastapi import APIRouter, FastAPI, WebSocket
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route


async def listed() -> str:  #: endpoint GET /listed blocks time.sleep=error
    time.sleep(1)
    return "listed"


async def plain(request: Request) -> Response:  #: endpoint GET /plain blocks time.sleep=error
    time.sleep(1)
    return PlainTextResponse("plain")


async def feed(websocket: WebSocket) -> None:  #: websocket WS /feed blocks time.sleep=error
    await websocket.accept()
    time.sleep(1)


def threaded() -> str:  #: endpoint PUT /v1/threaded clean on thread
    time.sleep(1)
    return "threaded"


router = APIRouter(routes=[APIRoute("/threaded", threaded, methods=["PUT"])])
app = FastAPI(routes=[Route("/plain", plain)])
app.router.routes.append(APIRoute("/listed", listed))
app.add_api_websocket_route("/feed", feed)
app.include_router(router, prefix="/v1")
