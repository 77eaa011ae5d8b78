# The same unit of work over `AsyncSession`, entered by `async with`.
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

app = FastAPI()
make_session = async_sessionmaker(create_async_engine("postgresql+asyncpg://localhost/app"))


class Base(DeclarativeBase):
    pass


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str]


class Orders:
    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def find(self, number: int) -> Order | None:
        return await self.session.get(Order, number)


class UnitOfWork:
    async def __aenter__(self) -> "UnitOfWork":
        self.session = make_session()
        self.orders = Orders(self.session)
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.session.rollback()
        await self.session.close()

    async def commit(self) -> None:
        await self.session.commit()


@app.post("/orders/{number}/ship")
async def ship(number: int) -> str:  #: endpoint POST /orders/{number}/ship clean
    async with UnitOfWork() as work:
        order = await work.orders.find(number)
        if order is None:
            return "unknown"
        order.state = "shipped"
        await work.commit()
        return order.state
