# A unit of work holds repositories that hold the session; the endpoint is four attributes away from it.
#: file app/__init__.py
#: file app/orm.py
from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker


class Base(DeclarativeBase):
    pass


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str]


make_session = sessionmaker(create_engine("postgresql://localhost/app"))


class Orders:
    def __init__(self, session: Session) -> None:
        self.session = session

    def find(self, number: int) -> Order | None:
        return self.session.get(Order, number)

    def add(self, order: Order) -> None:
        self.session.add(order)
#: file app/work.py
from app.orm import Orders, make_session


class UnitOfWork:
    def __init__(self) -> None:
        self.session = make_session()
        self.orders = Orders(self.session)

    def __enter__(self) -> "UnitOfWork":
        return self

    def __exit__(self, *error: object) -> None:
        self.session.rollback()

    def commit(self) -> None:
        self.session.commit()
#: file app/handlers.py
from app.orm import Order
from app.work import UnitOfWork


def ship(number: int, work: UnitOfWork) -> str:
    with work:
        order = work.orders.find(number)
        if order is None:
            return "unknown"
        order.state = "shipped"
        work.commit()
        return order.state


def draft(number: int) -> str:
    return Order(id=number, state="draft").state
#: file app/main.py
from fastapi import FastAPI

from app import handlers
from app.work import UnitOfWork

app = FastAPI()


@app.post("/orders/{number}/ship")
async def ship(number: int) -> str:  #: endpoint POST /orders/{number}/ship blocks Session.get=error Session.commit=error Session.rollback=error
    return handlers.ship(number, UnitOfWork())


@app.post("/orders/{number}/draft")
async def draft(number: int) -> str:  #: endpoint POST /orders/{number}/draft clean
    return handlers.draft(number)
