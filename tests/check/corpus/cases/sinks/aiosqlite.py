# aiosqlite has the same names, awaited.
import aiosqlite
from fastapi import FastAPI

app = FastAPI()


@app.get("/count")
async def count() -> int:  #: endpoint GET /count clean
    async with aiosqlite.connect("app.db") as db, db.execute("select count(*) from items") as cursor:
        row = await cursor.fetchone()
        return row[0]


@app.post("/items")
async def add(name: str) -> None:  #: endpoint POST /items clean
    async with aiosqlite.connect("app.db") as db:
        await db.execute("insert into items values (?)", (name,))
        await db.commit()
