# Modules and functions under other names.
import os.path as p
import subprocess as sp
import time as clock
from time import sleep as pause
from urllib import request as web

from fastapi import FastAPI

app = FastAPI()
nap = pause


@app.get("/a")
async def a() -> None:  #: endpoint GET /a blocks time.sleep=error
    pause(1)


@app.get("/b")
async def b() -> None:  #: endpoint GET /b blocks subprocess.run=error
    sp.run(["true"])


@app.get("/c")
async def c() -> int:  #: endpoint GET /c blocks urllib.request.urlopen=error
    return web.urlopen("https://example.org").status


@app.get("/d")
async def d() -> None:  #: endpoint GET /d blocks time.sleep=error
    nap(1)


@app.get("/e")
async def e(name: str) -> str:  #: endpoint GET /e clean
    return p.join(p.dirname(name), str(clock.monotonic()))
