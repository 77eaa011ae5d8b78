# Coroutines of libraries that nobody awaits.
import asyncio
from typing import Annotated

from fastapi import Depends, FastAPI, Request
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

app = FastAPI()
sessions = async_sessionmaker(create_async_engine("sqlite+aiosqlite://"))


async def session():  #: dependency clean
    async with sessions() as opened:
        yield opened


@app.post("/commit")
async def commit(db: Annotated[AsyncSession, Depends(session)]) -> None:  #: endpoint POST /commit clean
    db.add(object())
    db.commit()  #! CW201 error


@app.post("/pause")
async def pause() -> None:  #: endpoint POST /pause clean
    asyncio.sleep(1)  #! CW201 error


@app.post("/body")
async def body(request: Request) -> None:  #: endpoint POST /body clean
    data = request.json()  #! CW201 error
