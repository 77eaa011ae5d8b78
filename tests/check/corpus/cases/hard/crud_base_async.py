# The generic CRUD class with an async session as argument.
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Depends, FastAPI
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Item(Base):
    __tablename__ = "items"
    id: Mapped[int] = mapped_column(primary_key=True)


ModelType = TypeVar("ModelType", bound=Base)


class CRUDBase(Generic[ModelType]):
    def __init__(self, model: type[ModelType]) -> None:
        self.model = model

    async def all(self, db: AsyncSession) -> list[ModelType]:
        return list((await db.execute(select(self.model))).scalars().all())


items = CRUDBase(Item)
sessions = async_sessionmaker(create_async_engine("sqlite+aiosqlite://"))
app = FastAPI()


async def get_db():  #: dependency clean
    async with sessions() as db:
        yield db


@app.get("/items")
async def read(db: Annotated[AsyncSession, Depends(get_db)]) -> Any:  #: endpoint GET /items clean
    return await items.all(db)
