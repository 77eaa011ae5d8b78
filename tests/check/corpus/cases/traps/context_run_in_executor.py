# `context.run` hands the function on: the executor runs both in a thread.
import asyncio
import contextvars
import functools

import requests
from fastapi import FastAPI

app = FastAPI()
tenant: contextvars.ContextVar[str] = contextvars.ContextVar("tenant", default="none")


def fetch(path: str) -> str:
    return requests.get(f"https://{tenant.get()}.example.org/{path}", timeout=3).text


@app.get("/page/{path}")
async def page(path: str) -> str:  #: endpoint GET /page/{path} clean
    context = contextvars.copy_context()
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(None, context.run, fetch, path)


@app.get("/other/{path}")
async def other(path: str) -> str:  #: endpoint GET /other/{path} clean
    context = contextvars.copy_context()
    call = functools.partial(context.run, fetch, path)
    return await asyncio.get_running_loop().run_in_executor(None, call)
