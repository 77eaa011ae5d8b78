# A pure ASGI middleware, added by `add_middleware`, and one in the list of a Starlette app.
import time

import redis
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Receive, Scope, Send

store = redis.Redis()


class Quota:
    def __init__(self, app: ASGIApp, limit: int) -> None:
        self.app = app
        self.limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  #: middleware blocks Redis.incr=error
        if scope["type"] == "http" and store.incr(scope["path"]) > self.limit:
            return
        await self.app(scope, receive, send)


class Drip:
    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  #: middleware blocks time.sleep=error
        async def slowly(message) -> None:
            time.sleep(0.1)
            await send(message)

        await self.app(scope, receive, slowly)


app = FastAPI()
app.add_middleware(Quota, limit=10)
site = Starlette(routes=[], middleware=[Middleware(Drip)])


@app.get("/")
async def index() -> str:  #: endpoint GET / clean
    return "index"
