# The classic: a sync session comes by `Depends`, and an `async def` endpoint queries with it.
#: allow CW403
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException
from sqlalchemy import create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


engine = create_engine("postgresql://localhost/app")
SessionLocal = sessionmaker(bind=engine)
app = FastAPI()


def get_db():  #: dependency clean on thread
    db = SessionLocal()
    try:
        yield db
    finally:
        db.close()


Db = Annotated[Session, Depends(get_db)]


@app.get("/users/{user_id}")
async def read_user(user_id: int, db: Db):  #: endpoint GET /users/{user_id} blocks Session.get=error
    user = db.get(User, user_id)  #! CW101 error
    if user is None:
        raise HTTPException(404)
    return {"name": user.name}


@app.get("/users")
def list_users(db: Db):  #: endpoint GET /users clean on thread
    return [user.name for user in db.scalars(select(User))]
