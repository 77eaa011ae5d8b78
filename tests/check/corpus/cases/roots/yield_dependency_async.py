# An async `yield` dependency that blocks on the way in and on the way out.
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, FastAPI
from sqlalchemy import create_engine
from sqlalchemy.orm import Session, sessionmaker

app = FastAPI()
SessionLocal = sessionmaker(create_engine("postgresql://localhost/app"))


async def get_db() -> AsyncIterator[Session]:  #: dependency POST /items blocks Session.commit=error …
    db = SessionLocal()
    try:
        yield db
        db.commit()
    finally:
        db.close()


@app.post("/items")
def create(db: Annotated[Session, Depends(get_db)]) -> None:  #: endpoint POST /items blocks by get_db on thread
    db.add(object())
