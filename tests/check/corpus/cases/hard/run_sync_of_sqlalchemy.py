# `run_sync` of an async session or connection runs sync code in a greenlet: nothing blocks.
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, FastAPI
from sqlalchemy import MetaData, select, text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import Session

metadata = MetaData()
engine = create_async_engine("postgresql+asyncpg://localhost/app")
sessions = async_sessionmaker(engine)


@asynccontextmanager
async def lifespan(app: FastAPI):  #: lifespan clean
    async with engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    yield
    await engine.dispose()


app = FastAPI(lifespan=lifespan)


async def session():  #: dependency clean
    async with sessions() as opened:
        yield opened


def count(db: Session) -> int:
    return db.scalar(select(text("count(*)")))


@app.get("/count")
async def read_count(db: Annotated[AsyncSession, Depends(session)]) -> int:  #: endpoint GET /count clean
    return await db.run_sync(count)


@app.get("/lambda")
async def read_by_lambda(db: Annotated[AsyncSession, Depends(session)]) -> int:  #: endpoint GET /lambda clean
    return await db.run_sync(lambda sync: sync.scalar(text("select 1")))
