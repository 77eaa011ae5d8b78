# `with Session(engine) as session, session.begin():` in the endpoint itself, and a `sessionmaker.begin()`.
from fastapi import FastAPI
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session, sessionmaker

app = FastAPI()
engine = create_engine("postgresql://localhost/app")
make = sessionmaker(engine)


@app.post("/a")
async def a() -> None:  #: endpoint POST /a blocks Session.execute=error …
    with Session(engine) as session, session.begin():
        session.execute(text("update items set seen = true"))


@app.post("/b")
async def b() -> None:  #: endpoint POST /b blocks Session.execute=error …
    with make.begin() as session:
        session.execute(text("update items set seen = true"))


@app.get("/c")
async def c() -> str:  #: endpoint GET /c clean
    return engine.url.render_as_string(hide_password=True)
