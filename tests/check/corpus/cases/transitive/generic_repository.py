# A generic repository, as many services have: the methods stand in `Repository[Model]`.
#: allow CW403
#: file app/__init__.py
#: file app/repository.py
from typing import Generic, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import DeclarativeBase, Session


class Base(DeclarativeBase):
    pass


Model = TypeVar("Model", bound=Base)


class Repository(Generic[Model]):
    def __init__(self, model: type[Model], session: Session) -> None:
        self.model = model
        self.session = session

    def all(self) -> list[Model]:
        return list(self.session.scalars(select(self.model)))

    def statement(self):
        return select(self.model)
#: file app/users.py
from sqlalchemy.orm import Mapped, mapped_column

from app.repository import Base, Repository


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)


class UserRepository(Repository[User]):
    def ids(self) -> list[int]:
        return [user.id for user in self.all()]

    def sql(self) -> str:
        return str(self.statement())
#: file app/main.py
from typing import Annotated

from fastapi import Depends, FastAPI
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from app.users import User, UserRepository

engine = create_engine("sqlite://")
app = FastAPI()


def get_session():  #: dependency clean on thread
    with Session(engine) as session:
        yield session


def get_users(session: Annotated[Session, Depends(get_session)]) -> UserRepository:  #: dependency clean on thread
    return UserRepository(User, session)


Users = Annotated[UserRepository, Depends(get_users)]


@app.get("/users/ids")
async def ids(users: Users) -> list[int]:  #: endpoint GET /users/ids blocks Session.scalars=error
    return users.ids()


@app.get("/users/sql")
async def sql(users: Users) -> str:  #: endpoint GET /users/sql clean
    return users.sql()
