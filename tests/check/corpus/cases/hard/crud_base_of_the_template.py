# The generic CRUD class of FastAPI's own full-stack template: a module-level instance, the session as argument.
#: allow CW403
#: file app/__init__.py
#: file app/crud.py
from typing import Any, Generic, TypeVar

from pydantic import BaseModel
from sqlalchemy.orm import Session

from app.models import Base, Item

ModelType = TypeVar("ModelType", bound=Base)
CreateType = TypeVar("CreateType", bound=BaseModel)


class CRUDBase(Generic[ModelType, CreateType]):
    def __init__(self, model: type[ModelType]) -> None:
        self.model = model

    def get(self, db: Session, id: Any) -> ModelType | None:
        return db.query(self.model).filter(self.model.id == id).first()

    def create(self, db: Session, *, obj_in: CreateType) -> ModelType:
        db_obj = self.model(**obj_in.model_dump())
        db.add(db_obj)
        db.commit()
        db.refresh(db_obj)
        return db_obj


class ItemCreate(BaseModel):
    title: str


class CRUDItem(CRUDBase[Item, ItemCreate]):
    def title(self, item: ItemCreate) -> str:
        return item.title.title()


item = CRUDItem(Item)
#: file app/models.py
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Item(Base):
    __tablename__ = "items"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
#: file app/main.py
from typing import Any

from fastapi import Depends, FastAPI
from sqlalchemy import create_engine
from sqlalchemy.orm import Session, sessionmaker

from app import crud

SessionLocal = sessionmaker(create_engine("sqlite://"))
app = FastAPI()


def get_db():  #: dependency clean on thread
    db = SessionLocal()
    try:
        yield db
    finally:
        db.close()


@app.get("/items/{id}")
async def read(id: int, db: Session = Depends(get_db)) -> Any:  #: endpoint GET /items/{id} blocks Query.first=error
    return crud.item.get(db, id)


@app.post("/items")
async def create(item_in: crud.ItemCreate, db: Session = Depends(get_db)) -> Any:  #: endpoint POST /items blocks Session.commit=error Session.refresh=error
    return crud.item.create(db=db, obj_in=item_in)


@app.post("/titles")
async def title(item_in: crud.ItemCreate) -> str:  #: endpoint POST /titles clean
    return crud.item.title(item_in)
