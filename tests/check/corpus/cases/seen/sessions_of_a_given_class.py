# `class_=` says what a session maker makes: `exec` of SQLModel's session is what blocks, not a rollback alone.
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from fastapi import FastAPI
from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import sessionmaker
from sqlmodel import Field, Session, SQLModel, select
from sqlmodel.ext.asyncio.session import AsyncSession


class Item(SQLModel, table=True):
    id: int = Field(primary_key=True)


app = FastAPI()
engine = create_engine("sqlite://")
async_engine = create_async_engine("sqlite+aiosqlite://")


@contextmanager
def new_session() -> Iterator[Session]:
    maker = sessionmaker(bind=engine, class_=Session)
    with maker() as session:
        try:
            yield session
        except Exception:
            session.rollback()
            raise


@asynccontextmanager
async def new_async_session() -> AsyncIterator[AsyncSession]:
    maker = async_sessionmaker(bind=async_engine, class_=AsyncSession)
    async with maker() as session:
        yield session


@app.get("/item")
async def item() -> bool:  #: endpoint GET /item blocks Session.exec=error …
    with new_session() as session:
        return session.exec(select(Item)).first() is not None


@app.get("/async-item")
async def async_item() -> bool:  #: endpoint GET /async-item clean
    async with new_async_session() as session:
        return (await session.exec(select(Item))).first() is not None
