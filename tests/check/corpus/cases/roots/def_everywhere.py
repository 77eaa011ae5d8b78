# A service written in `def` throughout: everything that waits does so in threads.
#: allow CW403
from collections.abc import Iterator

import requests
from fastapi import BackgroundTasks, Depends, FastAPI, Request
from fastapi.responses import PlainTextResponse
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

app = FastAPI()
engine = create_engine("sqlite://")


def session() -> Iterator[Session]:  #: dependency clean on thread
    with Session(engine) as opened:
        yield opened


def user(request: Request, db: Session = Depends(session)) -> str:  #: dependency clean on thread
    return db.scalar(text("select name from users"))


def announce(name: str) -> None:  #: background_task clean on thread
    requests.post("https://hooks.example.org", json={"name": name}, timeout=3)


@app.exception_handler(ValueError)
def on_value_error(request: Request, error: ValueError) -> PlainTextResponse:  #: exception_handler clean on thread
    requests.post("https://errors.example.org", data=str(error), timeout=3)
    return PlainTextResponse("no", 400)


@app.post("/hello")
def hello(tasks: BackgroundTasks, name: str = Depends(user), db: Session = Depends(session)) -> str:  #: endpoint POST /hello clean on thread
    tasks.add_task(announce, name)
    db.commit()
    return name
