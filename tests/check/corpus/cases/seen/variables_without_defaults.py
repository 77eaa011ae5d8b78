# What runs only where a variable of the environment is set is a warning; where it must be set, or is not, an error.
import os
import time

from fastapi import FastAPI, HTTPException

app = FastAPI()
HOST = os.environ.get("MAIL_HOST")
KEY = os.getenv("MAIL_KEY")


@app.get("/set")
async def when_set() -> None:  #: endpoint GET /set blocks time.sleep=warning
    host = os.getenv("MAIL_HOST")
    if host:
        time.sleep(3)


@app.get("/not-none")
async def when_not_none() -> None:  #: endpoint GET /not-none blocks time.sleep=warning
    if HOST is not None:
        time.sleep(3)


@app.get("/equal")
async def when_equal() -> None:  #: endpoint GET /equal blocks time.sleep=warning
    if os.getenv("MAIL") == "on":
        time.sleep(3)


@app.get("/behind")
async def behind() -> None:  #: endpoint GET /behind blocks time.sleep=warning
    if not HOST:
        return
    time.sleep(3)


@app.get("/otherwise")
async def otherwise() -> None:  #: endpoint GET /otherwise blocks time.sleep=warning
    if not HOST:
        pass
    else:
        time.sleep(3)


@app.get("/unset")
async def when_not_set() -> None:  #: endpoint GET /unset blocks time.sleep=error
    if not HOST:
        time.sleep(3)


@app.get("/none")
async def when_none() -> None:  #: endpoint GET /none blocks time.sleep=error
    if HOST is None:
        time.sleep(3)


@app.get("/required")
async def required() -> None:  #: endpoint GET /required blocks time.sleep=error
    if not KEY:
        raise HTTPException(500, "MAIL_KEY is not set")
    time.sleep(3)


@app.get("/read")
async def read() -> None:  #: endpoint GET /read blocks time.sleep=error
    host = os.environ["MAIL_HOST"]
    if host:
        time.sleep(3)


@app.get("/nothing")
async def nothing() -> None:  #: endpoint GET /nothing clean
    if os.getenv("MAIL_HOST"):
        app.state.mail = HOST
