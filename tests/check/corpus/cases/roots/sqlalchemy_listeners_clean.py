# A sync engine calls its event handlers where its session is used, here in threads.
import requests
from fastapi import FastAPI
from sqlalchemy import create_engine, event
from sqlalchemy.orm import Session

engine = create_engine("sqlite://")
app = FastAPI()


@event.listens_for(engine, "do_connect")
def provide_token(dialect, record, arguments, parameters):  #: other clean on thread
    parameters["password"] = requests.get("https://example.org/token").text


@app.get("/")
def index():  #: endpoint GET / clean
    with Session(engine) as session:
        session.commit()
