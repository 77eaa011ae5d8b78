# psycopg2: connect, cursor, execute.
import psycopg2
from fastapi import FastAPI
from psycopg2.extras import RealDictCursor

app = FastAPI()


def rows(sql: str) -> list[dict]:
    with psycopg2.connect("dbname=app") as connection:
        with connection.cursor(cursor_factory=RealDictCursor) as cursor:
            cursor.execute(sql)
            return cursor.fetchall()


@app.get("/items")
async def items():  #: endpoint GET /items blocks psycopg2.connect=error …
    return rows("select * from items")
