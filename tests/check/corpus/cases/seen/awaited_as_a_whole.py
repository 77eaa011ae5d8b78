# The calls that make up a query that is awaited wait for nothing; of one that is not awaited nobody knows.
#: unresolved
from acmeorm.table import Table
from fastapi import FastAPI

app = FastAPI()


class Chat(Table):
    pass


@app.get("/first")
async def first() -> dict[str, str]:  #: endpoint GET /first clean
    return await Chat.objects().where(Chat.name == "x").first()


@app.get("/output")
async def output() -> dict[str, str]:  #: endpoint GET /output clean
    return await Chat.objects().where(Chat.name == "x").first().output(load_json=True)


@app.get("/at-once")
async def at_once() -> dict[str, str]:  #: endpoint GET /at-once unknown
    return Chat.objects().where(Chat.name == "x").first().output(load_json=True)
