# A lifespan that is put on the router of an app that was made elsewhere.
#: file service/__init__.py
from contextlib import asynccontextmanager

from service.app import app


@asynccontextmanager
async def lifespan(app):  #: lifespan clean
    yield


app.router.lifespan_context = lifespan

#: file service/app.py
from fastapi import FastAPI

app = FastAPI()


@app.get("/")
async def index():  #: endpoint GET / clean
    return 1
