"""A service whose calls run in the process lane, served whole by `clearway run` in the tests beside it."""

from __future__ import annotations

import contextvars
import ctypes
import dataclasses
import logging
import multiprocessing
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Annotated, Any

from fastapi import BackgroundTasks, Depends, FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse, PlainTextResponse
from pydantic import BaseModel
from starlette.middleware.base import RequestResponseEndpoint
from starlette.responses import Response

import clearway

app = FastAPI()
log = logging.getLogger("service.work")
request_id: contextvars.ContextVar[str] = contextvars.ContextVar("request_id", default="-")


class WithRequestId(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = request_id.get()
        return True


if multiprocessing.current_process().name == "MainProcess":
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(WithRequestId())
    handler.setFormatter(logging.Formatter("%(levelname)s|%(name)s|%(request_id)s|%(message)s"))
    logging.getLogger("service").addHandler(handler)
    logging.getLogger("service").setLevel(logging.INFO)


@app.middleware("http")
async def name_request(request: Request, call_next: RequestResponseEndpoint) -> Response:
    request_id.set(request.headers.get("x-request-id", "-"))
    return await call_next(request)


class Order(BaseModel):
    item: str
    count: int = 1
    secret: str = "hidden"


class Shown(BaseModel):
    item: str
    count: int


@dataclasses.dataclass
class Point:
    x: int
    y: int


class OutOfStock(Exception):
    def __init__(self, item: str, *, left: int) -> None:
        super().__init__(f"no {item}")
        self.item = item
        self.left = left


@app.exception_handler(OutOfStock)
def out_of_stock(request: Request, error: Exception) -> Response:
    assert isinstance(error, OutOfStock)
    return JSONResponse({"item": error.item, "left": error.left, "handled_in": os.getpid()}, status_code=409)


@app.get("/pid")
@clearway.process
def pid() -> int:
    return os.getpid()


@app.get("/here")
async def here() -> int:
    return os.getpid()


@app.post("/order", response_model=Shown)
@clearway.process
def order(order: Order, point: Annotated[int, Depends(lambda: 7)]) -> Order:
    assert order.secret != "hidden" or point == 7
    return order.model_copy(update={"count": order.count + point})


@app.get("/point")
@clearway.process
def point(x: int) -> Point:
    return Point(x, os.getpid())


@app.get("/fail/{how}")
@clearway.process
def fail(how: str) -> None:
    if how == "positional":
        raise HTTPException(418, "short and stout", {"x-pot": "tea"})
    if how == "keywords":
        raise HTTPException(status_code=418, detail={"short": "stout"}, headers={"x-pot": "tea"})
    if how == "own":
        raise OutOfStock("tea", left=0)
    if how == "exit":
        sys.exit(5)
    raise RuntimeError("a fault of the user's")


@app.get("/noise")
@clearway.process
def noise() -> str:
    print("printed by a worker")
    os.write(1, b"written to descriptor 1\n")
    os.write(2, b"x" * 300_000 + b"\n")
    said = subprocess.run([sys.executable, "-c", "print('said by a child'); print(len(input()))"], check=False)
    assert said.returncode == 1, "there is nothing to read"
    return "fine"


@app.get("/log")
@clearway.process
def write_log() -> None:
    log.debug("too low for the parent's level")
    log.warning("counted %d of %d", 3, 4)
    try:
        1 / 0  # noqa: B018
    except ZeroDivisionError:
        log.exception("went wrong", extra={"lock": threading.Lock()})


def session() -> threading.Lock:
    return threading.Lock()


def where() -> int:
    return os.getpid()


@clearway.process
def elsewhere() -> int:
    return os.getpid()


@app.get("/dependencies")
@clearway.process
def dependencies(
    thread: Annotated[int, Depends(where)], process: Annotated[int, Depends(elsewhere)]
) -> tuple[int, int, int]:
    return thread, process, os.getpid()


@app.get("/untold")
@clearway.process
def untold(db: Annotated[Any, Depends(session)]) -> str:
    return "never reached"


@app.get("/lock")
@clearway.process
def lock() -> Any:
    return threading.Lock()


@app.get("/response")
@clearway.process
def response() -> Response:
    return PlainTextResponse(f"made by {os.getpid()}", status_code=202, headers={"x-made": "elsewhere"})


@clearway.process
def write_file(path: str) -> None:
    Path(path).write_text(str(os.getpid()))


@app.get("/later")
async def later(path: str, tasks: BackgroundTasks) -> None:
    tasks.add_task(write_file, path)


@app.post("/echo")
@clearway.process
def echo(body: dict[str, str]) -> dict[str, str]:
    return body


@app.get("/offload")
async def offload() -> list[int]:
    return [await clearway.offload(where, lane=lane) for lane in ("loop", "thread", "process")]


@app.get("/sleep")
@clearway.process
def sleep(seconds: float, path: str = "") -> int:
    if path:
        Path(path).write_text(str(os.getpid()))
    time.sleep(seconds)
    return os.getpid()


@app.get("/die/{how}")
@clearway.process
def die(how: str) -> None:
    if how == "segfault":
        ctypes.string_at(0)
    elif how == "exit":
        os._exit(3)
    elif how == "memory":
        held = []
        while True:
            held.append(bytearray(16 << 20))
