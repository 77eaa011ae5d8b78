# The session is given to `super().__init__()`; the child's method uses it, the class attribute is an engine.
from fastapi import FastAPI
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.orm import Session

app = FastAPI()


class Base:
    engine: Engine = create_engine("sqlite://")

    def __init__(self, session: Session) -> None:
        self._session = session


class Users(Base):
    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.table = "users"

    def count(self) -> int:
        return self._session.scalar(text(f"select count(*) from {self.table}"))

    def dialect(self) -> str:
        return self.engine.dialect.name

    def raw(self) -> list:
        with self.engine.connect() as connection:
            return list(connection.execute(text("select 1")))


def users() -> Users:
    return Users(Session(Base.engine))


@app.get("/count")
async def count() -> int:  #: endpoint GET /count blocks Session.scalar=error
    return users().count()


@app.get("/raw")
async def raw() -> int:  #: endpoint GET /raw blocks Engine.connect=error Connection.execute=error
    return len(users().raw())


@app.get("/table")
async def table() -> str:  #: endpoint GET /table clean
    return users().table
