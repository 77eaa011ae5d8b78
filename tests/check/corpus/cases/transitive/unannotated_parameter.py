# `load(db)` has no annotation: what `db` is follows from where it is called.
#: allow CW403
from fastapi import Depends, FastAPI
from sqlalchemy import Column, Integer, String, create_engine
from sqlalchemy.orm import Session, declarative_base, sessionmaker

engine = create_engine("sqlite:///app.db")
SessionLocal = sessionmaker(autocommit=False, autoflush=False, bind=engine)
Base = declarative_base()
app = FastAPI()


class Item(Base):
    __tablename__ = "items"
    id = Column(Integer, primary_key=True)
    title = Column(String)


def get_db():  #: dependency clean on thread
    db = SessionLocal()
    try:
        yield db
    finally:
        db.close()


def load(db, item_id):
    return db.query(Item).filter(Item.id == item_id).first()


@app.get("/items/{item_id}")
async def read_item(item_id: int, db: Session = Depends(get_db)):  #: endpoint GET /items/{item_id} blocks Query.first=error
    return load(db, item_id)
