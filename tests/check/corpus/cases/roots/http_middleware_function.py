# `@app.middleware("http")` that writes a file for every request.
from datetime import UTC, datetime

from fastapi import FastAPI, Request

app = FastAPI()


def log(line: str) -> None:
    with open("access.log", "a") as file:
        file.write(f"{datetime.now(UTC)} {line}\n")


@app.middleware("http")
async def access_log(request: Request, call_next):  #: middleware blocks open=warning …
    response = await call_next(request)
    log(f"{request.method} {request.url.path} {response.status_code}")  #! CW103 warning
    return response


@app.get("/")
async def index() -> str:  #: endpoint GET / clean
    return "index"
