# sqlite3 from the standard library.
import sqlite3

from fastapi import FastAPI

app = FastAPI()
connection = sqlite3.connect(":memory:", check_same_thread=False)


@app.get("/count")
async def count() -> int:  #: endpoint GET /count blocks Connection.execute …
    return connection.execute("select count(*) from items").fetchone()[0]


@app.post("/items")
async def add(name: str) -> None:  #: endpoint POST /items blocks Cursor.execute Connection.commit …
    cursor = connection.cursor()
    cursor.execute("insert into items values (?)", (name,))
    connection.commit()
