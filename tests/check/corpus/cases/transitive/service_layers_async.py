# Endpoint, service, repository: three layers that await all the way down.
#: file app/__init__.py
#: file app/repository.py
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession


class Items:
    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def names(self) -> list[str]:
        result = await self.session.execute(select(text("name")))
        return list(result.scalars().all())
#: file app/service.py
from app.repository import Items


class Catalogue:
    def __init__(self, items: Items) -> None:
        self.items = items

    async def titles(self) -> list[str]:
        return [self._title(name) for name in await self.items.names()]

    def _title(self, name: str) -> str:
        return name.title()
#: file app/main.py
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, FastAPI
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from app.repository import Items
from app.service import Catalogue

sessions = async_sessionmaker(create_async_engine("sqlite+aiosqlite://"))
app = FastAPI()


async def get_session() -> AsyncIterator[AsyncSession]:  #: dependency clean
    async with sessions() as session:
        yield session


def get_catalogue(session: Annotated[AsyncSession, Depends(get_session)]) -> Catalogue:  #: dependency clean on thread
    return Catalogue(Items(session))


@app.get("/titles")
async def titles(catalogue: Annotated[Catalogue, Depends(get_catalogue)]) -> list[str]:  #: endpoint GET /titles clean
    return await catalogue.titles()
