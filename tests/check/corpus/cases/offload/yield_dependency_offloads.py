# An async dependency that opens and closes a sync session in threads.
import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, FastAPI
from fastapi.concurrency import contextmanager_in_threadpool, run_in_threadpool
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session, sessionmaker

app = FastAPI()
SessionLocal = sessionmaker(create_engine("postgresql://localhost/app"))


async def get_db() -> AsyncIterator[Session]:  #: dependency clean
    db = SessionLocal()
    try:
        yield db
        await run_in_threadpool(db.commit)
    finally:
        await asyncio.to_thread(db.close)


@app.get("/count")
async def count(db: Annotated[Session, Depends(get_db)]) -> int:  #: endpoint GET /count clean
    return await asyncio.to_thread(db.scalar, text("select count(*) from items"))


@app.get("/managed")
async def managed() -> int:  #: endpoint GET /managed clean
    async with contextmanager_in_threadpool(SessionLocal()) as db:
        return await run_in_threadpool(db.scalar, text("select 1"))
