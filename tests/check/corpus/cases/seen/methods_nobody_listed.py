# A method of a known client that the data does not name is not known to be harmless; its listed ones are.
#: unresolved
import psycopg2
import requests
from fastapi import FastAPI
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

app = FastAPI()
engine = create_engine("postgresql://localhost/app")
http = requests.Session()
connection = psycopg2.connect("dbname=app")


@app.get("/mounted")
async def mounted() -> None:  #: endpoint GET /mounted clean
    http.mount("https://", requests.adapters.HTTPAdapter())
    http.headers.update({"accept": "text/plain"})
    http.close()


@app.get("/fetched")
async def fetched() -> None:  #: endpoint GET /fetched unknown
    http.fetch_everything("https://example.org")


@app.get("/session")
async def session() -> bool:  #: endpoint GET /session clean
    with Session(engine) as session:
        session.add(object())
        session.expunge_all()
        return session.in_transaction()


@app.get("/session-new")
async def session_new() -> None:  #: endpoint GET /session-new unknown
    with Session(engine) as session:
        session.load_everything()


@app.get("/cursor")
async def cursor() -> None:  #: endpoint GET /cursor clean
    connection.cursor().fetchall()


@app.get("/cursor-runs")
async def cursor_runs() -> None:  #: endpoint GET /cursor-runs blocks psycopg2.extensions.cursor.execute=error
    connection.cursor().execute("select 1")


@app.get("/cursor-new")
async def cursor_new() -> None:  #: endpoint GET /cursor-new unknown
    connection.cursor().execute_later("select 1")
