# A sync `yield` dependency keeps a pooled connection until the response is done, and each step of it needs a thread.
from typing import Annotated

from fastapi import Depends, FastAPI
from pydantic import BaseModel
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session, sessionmaker


class Count(BaseModel):
    rows: int


engine = create_engine("postgresql://localhost/app", pool_size=10)
SessionLocal = sessionmaker(engine)
app = FastAPI()


def get_db():  #: dependency clean on thread  #! CW403 warning
    db = SessionLocal()
    try:
        yield db
    finally:
        db.close()


@app.get("/count", response_model=Count)
def count(db: Annotated[Session, Depends(get_db)]) -> Count:  #: endpoint GET /count clean on thread
    return Count(rows=db.scalar(text("select count(*) from items")))
