# Each way in which a sync session goes to the database.
#: allow CW403
from collections.abc import Iterator

from fastapi import Depends, FastAPI
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session, declarative_base

Base = declarative_base()
engine = create_engine("postgresql://localhost/app")
app = FastAPI()


def session() -> Iterator[Session]:  #: dependency clean on thread
    with Session(engine) as opened:
        yield opened


@app.post("/commit")
async def commit(db: Session = Depends(session)) -> None:  #: endpoint POST /commit blocks Session.commit=error
    db.commit()


@app.post("/refresh")
async def refresh(db: Session = Depends(session)) -> None:  #: endpoint POST /refresh blocks Session.flush=error
    db.add(Base())
    db.flush()


@app.get("/scalars")
async def scalars(db: Session = Depends(session)):  #: endpoint GET /scalars blocks Session.scalars=error
    return db.scalars(select(Base)).all()


@app.get("/count")
async def count(db: Session = Depends(session)) -> int:  #: endpoint GET /count blocks Query.count=error
    return db.query(Base).count()


@app.get("/all")
async def everything(db: Session = Depends(session)):  #: endpoint GET /all blocks Query.all=error
    return db.query(Base).filter_by(active=True).order_by("id").offset(10).limit(10).all()


@app.get("/iterate")
async def iterate(db: Session = Depends(session)):  #: endpoint GET /iterate blocks Session.execute=error
    return [row for row in db.execute(select(Base))]
