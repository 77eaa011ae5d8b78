# SQLAlchemy without the ORM: the engine's connections.
from fastapi import FastAPI
from sqlalchemy import Column, Integer, MetaData, String, Table, create_engine, insert, select, text

app = FastAPI()
engine = create_engine("postgresql://localhost/app", pool_size=10)
metadata = MetaData()
items = Table("items", metadata, Column("id", Integer, primary_key=True), Column("name", String))


@app.get("/items")
async def read():  #: endpoint GET /items blocks Connection.execute=error Engine.connect=error
    with engine.connect() as connection:
        return [row.name for row in connection.execute(select(items))]


@app.post("/items")
async def write(name: str):  #: endpoint POST /items blocks Connection.execute=error Engine.begin=error
    with engine.begin() as connection:
        connection.execute(insert(items).values(name=name))


@app.get("/statement")
async def statement() -> str:  #: endpoint GET /statement clean
    return str(text("select * from items where id = :id").bindparams(id=1))
