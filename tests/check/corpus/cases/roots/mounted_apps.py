# Sub-applications: a FastAPI app below another, and a Starlette app below that.
import time

from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

app = FastAPI()
admin = FastAPI()


@admin.get("/users")
async def users() -> list[str]:  #: endpoint GET /admin/users blocks time.sleep
    time.sleep(0.3)
    return []


async def plain(request: Request) -> PlainTextResponse:  #: endpoint GET /admin/legacy/plain blocks time.sleep
    time.sleep(0.3)
    return PlainTextResponse("plain")


legacy = Starlette(routes=[Route("/plain", plain)])
admin.mount("/legacy", legacy)
app.mount("/admin", admin)


@app.get("/")
async def index() -> str:  #: endpoint GET / clean
    return "index"
