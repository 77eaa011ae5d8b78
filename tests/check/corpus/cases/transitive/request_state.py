# A middleware puts the session on `request.state`; the endpoint takes it from there.
from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request, Response
from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, sessionmaker

app = FastAPI()
SessionLocal = sessionmaker(create_engine("sqlite:///app.db"))


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)


@app.middleware("http")
async def with_session(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:  #: middleware clean
    request.state.db = SessionLocal()
    request.state.started = 0
    return await call_next(request)


@app.get("/users/{user_id}")
async def user(user_id: int, request: Request):  #: endpoint GET /users/{user_id} blocks Session.get=error
    return request.state.db.get(User, user_id)


@app.get("/started")
async def started(request: Request) -> int:  #: endpoint GET /started clean
    return request.state.started
