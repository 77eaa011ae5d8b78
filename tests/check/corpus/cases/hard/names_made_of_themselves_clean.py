# `query = query.where(...)`: the query of the library, though the project has a method of the same name that blocks.
import httpx
from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

app = FastAPI()


class Base(DeclarativeBase): ...


class User(Base):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)


class Remote:
    def where(self, condition):
        httpx.get("https://example.org/where")
        return self

    def filter(self, condition):
        httpx.get("https://example.org/filter")
        return self


def without_first(query):
    query = query.where(User.id != 1)
    return query


@app.get("/once")
async def once():  #: endpoint GET /once clean
    query = select(User)
    query = query.where(User.id == 1)
    return str(query)


@app.get("/perhaps")
async def perhaps(q: int | None = None):  #: endpoint GET /perhaps clean
    query = select(User)
    if q:
        query = query.filter(User.id == q)
    return str(query)


@app.get("/loop")
async def loop(q: int):  #: endpoint GET /loop clean
    query = select(User)
    for _ in range(q):
        query = query.where(User.id == q)
        query = query.filter(User.id == q)
    return str(query)


@app.get("/helper")
async def helper(q: int | None = None):  #: endpoint GET /helper clean
    query = select(User).order_by(User.id.desc())
    query = without_first(query)
    if q:
        query = query.where(User.id == q)
    return str(query)
