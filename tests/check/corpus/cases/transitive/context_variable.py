# The session travels in a context variable.
from contextvars import ContextVar

from fastapi import FastAPI
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

app = FastAPI()
engine = create_engine("sqlite:///app.db")
current_session: ContextVar[Session] = ContextVar("session")
current_user: ContextVar[str] = ContextVar("user", default="nobody")


@app.get("/count")
async def count():  #: endpoint GET /count blocks Session.scalar=error
    return current_session.get().scalar(text("select count(*) from items"))


@app.get("/user")
async def user() -> str:  #: endpoint GET /user clean
    return current_user.get()
