# Building a query, adding an object and expunging it touch no database.
#: allow CW403
from typing import Annotated

from fastapi import Depends, FastAPI
from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

engine = create_engine("sqlite://")
SessionLocal = sessionmaker(engine)
app = FastAPI()


class Base(DeclarativeBase):
    pass


class Item(Base):
    __tablename__ = "items"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


def get_db():  #: dependency clean on thread
    with SessionLocal() as session:
        yield session


@app.get("/sql")
async def sql(name: str) -> str:  #: endpoint GET /sql clean
    statement = select(Item).where(Item.name == name).order_by(func.lower(Item.name)).limit(10)
    return str(statement)


@app.get("/legacy")
async def legacy(db: Annotated[Session, Depends(get_db)]) -> str:  #: endpoint GET /legacy clean
    query = db.query(Item).filter(Item.id > 3).order_by(Item.name)
    return str(query)


@app.post("/draft")
async def draft(name: str, db: Annotated[Session, Depends(get_db)]) -> None:  #: endpoint POST /draft clean
    db.add(Item(name=name))
