# The rows were fetched in a thread; iterating the list of them touches no database.
import asyncio

from fastapi import FastAPI
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

app = FastAPI()
engine = create_engine("sqlite://")


def rows(limit: int) -> list[tuple[int, str]]:
    with Session(engine) as session:
        found = session.execute(text("select id, name from items limit :limit"), {"limit": limit})
        return [(row.id, row.name) for row in found]


@app.get("/items")
async def items(limit: int = 10) -> dict[int, str]:  #: endpoint GET /items clean
    return {number: name for number, name in await asyncio.to_thread(rows, limit)}
