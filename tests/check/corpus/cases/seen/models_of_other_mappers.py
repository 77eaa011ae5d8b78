# Other mappers' objects, a generic repository's, and those of statements for several things have their class too.
import time
from typing import Generic, TypeVar

from fastapi import Depends, FastAPI
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from tortoise.models import Model


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)

    def hashed(self) -> None:
        time.sleep(1)


class Item(Base):
    __tablename__ = "items"
    id: Mapped[int] = mapped_column(primary_key=True)

    def hashed(self) -> None:
        return None


class Account(Model):
    def hashed(self) -> None:
        time.sleep(1)


class Note(Model):
    def hashed(self) -> None:
        return None


T = TypeVar("T", bound=Base)
maker = async_sessionmaker(create_async_engine("sqlite+aiosqlite://"))


class Repository(Generic[T]):
    def __init__(self, model: type[T]) -> None:
        self.model = model

    async def find(self, id: int) -> T | None:
        async with maker() as session:
            return (await session.execute(select(self.model).where(self.model.id == id))).scalar_one_or_none()


class Users(Repository[User]):
    def __init__(self) -> None:
        super().__init__(User)


class Items(Repository[Item]):
    def __init__(self) -> None:
        super().__init__(Item)


async def get_db() -> AsyncSession:  #: dependency clean
    return maker()


app = FastAPI()


@app.get("/user")
async def user() -> None:  #: endpoint GET /user blocks time.sleep
    if found := await Users().find(1):
        found.hashed()


@app.get("/item")
async def item() -> None:  #: endpoint GET /item clean
    if found := await Items().find(1):
        found.hashed()


@app.get("/pairs")
async def pairs(db: AsyncSession = Depends(get_db)) -> None:  #: endpoint GET /pairs blocks time.sleep
    for found, _count in (await db.execute(select(User, User.id))).all():
        found.hashed()


@app.get("/returned")
async def returned(db: AsyncSession = Depends(get_db)) -> None:  #: endpoint GET /returned blocks time.sleep
    (await db.execute(update(User).values(id=1).returning(User))).scalars().one().hashed()


@app.get("/streamed")
async def streamed(db: AsyncSession = Depends(get_db)) -> None:  #: endpoint GET /streamed clean
    async for found in await db.stream_scalars(select(Item)):
        found.hashed()


@app.get("/account")
async def account() -> None:  #: endpoint GET /account blocks time.sleep
    (await Account.get(id=1)).hashed()


@app.get("/accounts")
async def accounts() -> None:  #: endpoint GET /accounts blocks time.sleep
    for found in await Account.filter(id=1).all():
        found.hashed()


@app.get("/notes")
async def notes() -> None:  #: endpoint GET /notes clean
    for found in await Note.filter(id=1).all():
        found.hashed()


@app.get("/note")
async def note() -> None:  #: endpoint GET /note clean
    if found := await Note.filter(id=1).first():
        found.hashed()
