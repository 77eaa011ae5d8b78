# Starlette's HTTPEndpoint and WebSocketEndpoint classes.
import sqlite3

from starlette.applications import Starlette
from starlette.endpoints import HTTPEndpoint, WebSocketEndpoint
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket


def rows() -> list[tuple]:
    return sqlite3.connect("app.db").execute("select * from items").fetchall()


class Items(HTTPEndpoint):
    async def get(self, request: Request) -> Response:  #: endpoint GET /items blocks sqlite3.connect Connection.execute …
        return JSONResponse(rows())

    def post(self, request: Request) -> Response:  #: endpoint POST /items clean on thread
        return JSONResponse(rows())

    async def delete(self, request: Request) -> Response:  #: endpoint DELETE /items clean
        return Response(status_code=204)


class Feed(WebSocketEndpoint):
    encoding = "text"

    async def on_connect(self, websocket: WebSocket) -> None:  #: websocket WS /feed clean
        await websocket.accept()

    async def on_receive(self, websocket: WebSocket, data: str) -> None:  #: websocket WS /feed blocks sqlite3.connect Connection.execute …
        await websocket.send_json(rows())


app = Starlette(routes=[Route("/items", Items), WebSocketRoute("/feed", Feed)])
