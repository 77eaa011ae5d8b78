# `dispatch` of a BaseHTTPMiddleware blocks for every request.
import time

import requests
from fastapi import FastAPI, Request, Response
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint

app = FastAPI()


class Quota(BaseHTTPMiddleware):
    async def dispatch(self, request: Request, call_next: RequestResponseEndpoint) -> Response:  #: middleware blocks requests.post=error
        requests.post("https://quota.example.org/hit", json={"path": request.url.path}, timeout=1)  #! CW103 error
        return await call_next(request)


class Timing(BaseHTTPMiddleware):
    async def dispatch(self, request: Request, call_next: RequestResponseEndpoint) -> Response:  #: middleware clean
        started = time.perf_counter()
        response = await call_next(request)
        response.headers["X-Time"] = f"{time.perf_counter() - started:.3f}"
        return response


app.add_middleware(Quota)
app.add_middleware(Timing)


@app.get("/")
async def index():  #: endpoint GET / clean
    return {}
