# peewee: rows as dictionaries are no objects that ask the database again.
from fastapi import FastAPI
from peewee import CharField, Model, SqliteDatabase, fn

app = FastAPI()


class Segment(Model):
    start = CharField()

    class Meta:
        database = SqliteDatabase("segments.db")


def read(query):
    row = query.get()
    return row.get("low"), row.get("high")


@app.get("/row")
def row() -> None:  #: endpoint GET /row clean on thread
    read(Segment.select())


@app.get("/one")
async def one() -> str:  #: endpoint GET /one blocks peewee.BaseModelSelect.get=error
    row = Segment.select(fn.MIN(Segment.start).alias("low")).dicts().get()  #! CW101 error
    return row.get("low")


@app.get("/each")
async def each() -> list[str]:  #: endpoint GET /each blocks peewee.BaseModelSelect.__iter__=error
    return [row.get("start") for row in Segment.select().dicts()]  #! CW101 error


@app.get("/model")
async def model() -> str:  #: endpoint GET /model blocks peewee.ModelSelect.get=error
    return Segment.select().get().start  #! CW101 error
