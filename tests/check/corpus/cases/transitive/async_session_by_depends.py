# The same service on `AsyncSession`: only the annotation and the awaits differ, and nothing blocks.
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


engine = create_async_engine("postgresql+asyncpg://localhost/app")
SessionLocal = async_sessionmaker(engine, expire_on_commit=False)
app = FastAPI()


async def get_db() -> AsyncIterator[AsyncSession]:  #: dependency clean
    async with SessionLocal() as session:
        yield session


Db = Annotated[AsyncSession, Depends(get_db)]


@app.get("/users/{user_id}")
async def read_user(user_id: int, db: Db):  #: endpoint GET /users/{user_id} clean
    user = await db.get(User, user_id)
    if user is None:
        raise HTTPException(404)
    return {"name": user.name}


@app.get("/users")
async def list_users(db: Db):  #: endpoint GET /users clean
    result = await db.scalars(select(User).where(User.id > 0).order_by(User.name))
    return [user.name for user in result.all()]


@app.post("/users")
async def add_user(name: str, db: Db):  #: endpoint POST /users clean
    db.add(User(name=name))
    await db.commit()
