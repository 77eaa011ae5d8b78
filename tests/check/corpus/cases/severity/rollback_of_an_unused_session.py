# Rolling back waits only where something was done with the session: alone it is possible, after a query it is certain.
from fastapi import FastAPI
from sqlalchemy import create_engine, text
from sqlalchemy.orm import scoped_session, sessionmaker

Scoped = scoped_session(sessionmaker(create_engine("postgresql://localhost/app")))
app = FastAPI()


@app.post("/fresh")
async def fresh() -> None:  #: endpoint POST /fresh blocks scoped_session.rollback=warning
    Scoped.rollback()  #! CW101 warning


@app.post("/used")
async def used() -> None:  #: endpoint POST /used blocks scoped_session.execute=error scoped_session.rollback=error
    Scoped.execute(text("select 1"))  #! CW101 error
    Scoped.rollback()  #! CW101 error


@app.post("/thread")
def in_a_thread() -> None:  #: endpoint POST /thread clean
    Scoped.rollback()
