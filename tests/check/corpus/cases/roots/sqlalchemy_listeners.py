# An async engine calls its event handlers on the loop: what waits in them, waits there.
import requests
from fastapi import FastAPI
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session

engine = create_async_engine("sqlite+aiosqlite://")
app = FastAPI()


@event.listens_for(engine.sync_engine, "do_connect")
def provide_token(dialect, record, arguments, parameters):  #: other blocks requests.get=warning on loop
    parameters["password"] = requests.get("https://example.org/token").text  #! CW101 warning requests.get


@event.listens_for(engine.sync_engine, "connect")
def pragmas(connection, record):  #: other clean|unknown
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.close()


def recount(mapper, connection, target):  #: other clean on loop
    session = Session(bind=connection)
    session.commit()


event.listen(object, "after_insert", recount)


@app.get("/")
async def index():  #: endpoint GET / clean
    async with AsyncSession(engine) as session:
        await session.commit()
