# SQLModel's `AsyncSession` has the same `exec`, awaited.
from typing import Annotated

from fastapi import Depends, FastAPI
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel import Field, SQLModel, select
from sqlmodel.ext.asyncio.session import AsyncSession


class Hero(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(index=True)


engine = create_async_engine("sqlite+aiosqlite:///database.db")


async def get_session():  #: dependency clean
    async with AsyncSession(engine, expire_on_commit=False) as session:
        yield session


SessionDep = Annotated[AsyncSession, Depends(get_session)]
app = FastAPI()


@app.get("/heroes/")
async def read_heroes(session: SessionDep, offset: int = 0):  #: endpoint GET /heroes/ clean
    result = await session.exec(select(Hero).offset(offset).limit(100))
    return result.all()


@app.post("/heroes/")
async def create_hero(name: str, session: SessionDep) -> None:  #: endpoint POST /heroes/ clean
    hero = Hero(name=name)
    session.add(hero)
    await session.commit()
    await session.refresh(hero)
