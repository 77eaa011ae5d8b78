# The module is imported by a star, by `importlib`, by `__import__`, and read from another module.
#: file app/__init__.py
#: file app/base.py
import time
#: file app/stars.py
from time import *
#: file app/main.py
import importlib

from fastapi import FastAPI

from app import base, stars

app = FastAPI()


@app.get("/a")
async def a() -> None:  #: endpoint GET /a blocks time.sleep=error
    stars.sleep(1)


@app.get("/b")
async def b() -> None:  #: endpoint GET /b blocks time.sleep=error
    base.time.sleep(1)


@app.get("/c")
async def c() -> None:  #: endpoint GET /c blocks time.sleep=error
    importlib.import_module("time").sleep(1)


@app.get("/d")
async def d() -> float:  #: endpoint GET /d clean
    return base.time.monotonic()
