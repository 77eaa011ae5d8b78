# `scoped_session` is a registry that looks like a session and goes to the database like one.
from fastapi import FastAPI
from sqlalchemy import create_engine, text
from sqlalchemy.orm import scoped_session, sessionmaker

app = FastAPI()
Session = scoped_session(sessionmaker(create_engine("sqlite:///app.db")))


@app.get("/proxy")
async def by_proxy() -> int:  #: endpoint GET /proxy blocks
    return Session.scalar(text("select 1"))


@app.get("/instance")
async def by_instance() -> int:  #: endpoint GET /instance blocks
    return Session().scalar(text("select 1"))


@app.get("/def")
def by_def() -> int:  #: endpoint GET /def clean on thread
    return Session.scalar(text("select 1"))
