# Middleware and an exception handler that hand their waiting to threads.
import asyncio

import requests
from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse

app = FastAPI()


def report(text: str) -> None:
    requests.post("https://errors.example.org", data=text, timeout=2)


@app.middleware("http")
async def quota(request: Request, call_next):  #: middleware clean
    await run_in_threadpool(requests.post, "https://quota.example.org", json={"path": request.url.path}, timeout=1)
    return await call_next(request)


@app.exception_handler(ValueError)
async def on_value_error(request: Request, error: ValueError) -> JSONResponse:  #: exception_handler clean
    await asyncio.to_thread(report, str(error))
    return JSONResponse({}, status_code=400)


@app.get("/")
async def index() -> str:  #: endpoint GET / clean
    return "index"
