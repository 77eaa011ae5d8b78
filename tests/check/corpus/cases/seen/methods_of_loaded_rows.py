# An async session loads objects of the project's own classes: their methods run on the loop.
import time
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, FastAPI
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)

    def verify(self) -> bool:
        time.sleep(1)
        return True


class Item(Base):
    __tablename__ = "items"
    id: Mapped[int] = mapped_column(primary_key=True)

    def verify(self) -> bool:
        return self.id > 0


maker = async_sessionmaker(create_async_engine("sqlite+aiosqlite://"))


async def get_db() -> AsyncIterator[AsyncSession]:  #: dependency clean
    async with maker() as session:
        yield session


Database = Annotated[AsyncSession, Depends(get_db)]
app = FastAPI()


@app.get("/get")
async def by_get(db: Database) -> bool:  #: endpoint GET /get blocks time.sleep
    user = await db.get(User, 1)
    return user is not None and user.verify()


@app.get("/scalar")
async def by_scalar(db: Database) -> bool:  #: endpoint GET /scalar blocks time.sleep
    user = await db.scalar(select(User).where(User.id == 1))
    return user is not None and user.verify()


@app.get("/one")
async def one(db: Database) -> bool:  #: endpoint GET /one blocks time.sleep
    result = await db.execute(select(User))
    user = result.scalar_one_or_none()
    return user is not None and user.verify()


@app.get("/all")
async def every(db: Database) -> list[bool]:  #: endpoint GET /all blocks time.sleep
    return [user.verify() for user in (await db.scalars(select(User))).all()]


@app.get("/first")
async def first(db: Database) -> bool:  #: endpoint GET /first blocks time.sleep
    user = (await db.execute(select(User))).scalars().first()
    return user is not None and user.verify()


@app.get("/item")
async def item(db: Database) -> bool:  #: endpoint GET /item clean
    found = await db.scalar(select(Item))
    return found is not None and found.verify()


@app.get("/items")
async def items(db: Database) -> list[bool]:  #: endpoint GET /items clean
    return [found.verify() for found in (await db.scalars(select(Item))).all()]
