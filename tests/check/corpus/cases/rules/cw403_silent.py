# `yield` dependencies that hold no pooled connection, or do not need a thread to give it back.
#: silent CW403
from collections.abc import AsyncIterator, Iterator
from typing import Annotated

from fastapi import Depends, FastAPI
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

app = FastAPI()
sessions = async_sessionmaker(create_async_engine("sqlite+aiosqlite://"))


async def get_db() -> AsyncIterator[AsyncSession]:  #: dependency clean
    async with sessions() as session:
        yield session


def tags() -> Iterator[list[str]]:  #: dependency clean on thread
    collected: list[str] = []
    yield collected
    collected.clear()


@app.get("/tags")
def read_tags(found: Annotated[list[str], Depends(tags)]) -> list[str]:  #: endpoint GET /tags clean on thread
    return found


@app.post("/rows")
async def add_row(db: Annotated[AsyncSession, Depends(get_db)]) -> None:  #: endpoint POST /rows clean
    await db.commit()
