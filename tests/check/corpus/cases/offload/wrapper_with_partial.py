# The call is packed into a partial by one function and handed over by another.
#: file app/__init__.py
#: file app/tasks.py
import functools
from collections.abc import Callable
from typing import Any

import anyio


def bind(function: Callable[..., Any], *args: Any) -> Callable[[], Any]:
    return functools.partial(function, *args)


async def run(call: Callable[[], Any]) -> Any:
    return await anyio.to_thread.run_sync(call, abandon_on_cancel=True)
#: file app/main.py
import time

from fastapi import FastAPI

from app.tasks import bind, run

app = FastAPI()


def work(seconds: float) -> float:
    time.sleep(seconds)
    return seconds


@app.get("/work")
async def read() -> float:  #: endpoint GET /work clean
    return await run(bind(work, 1.0))
