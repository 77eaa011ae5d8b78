# SQLModel's session, as in FastAPI's own tutorial.
#: allow CW403
from typing import Annotated

from fastapi import Depends, FastAPI
from sqlmodel import Field, Session, SQLModel, create_engine, select


class Hero(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(index=True)


engine = create_engine("sqlite:///database.db")


def get_session():  #: dependency clean on thread
    with Session(engine) as session:
        yield session


SessionDep = Annotated[Session, Depends(get_session)]
app = FastAPI()


@app.get("/heroes/")
async def read_heroes(session: SessionDep, offset: int = 0):  #: endpoint GET /heroes/ blocks Session.exec=error
    return session.exec(select(Hero).offset(offset).limit(100)).all()


@app.get("/heroes/{hero_id}")
def read_hero(hero_id: int, session: SessionDep):  #: endpoint GET /heroes/{hero_id} clean on thread
    return session.get(Hero, hero_id)
