# A flag that a constructor hands on to that of its base, which keeps it and asks for it.
import sqlite3

from fastapi import FastAPI

app = FastAPI()


class Client:
    def __init__(self, cache: bool = False):
        self.enabled = cache
        if cache:
            sqlite3.connect("x.db")
        if self.enabled:
            sqlite3.connect("y.db")


class Handed(Client):
    def __init__(self, cache: bool = False):
        super().__init__(cache)


class Named(Handed):
    def __init__(self, cache: bool = False):
        super().__init__(cache=cache)


class Plain(Client):
    def __init__(self, cache: bool = False):
        Client.__init__(self, cache)


@app.get("/handed")
async def handed():  #: endpoint GET /handed clean
    Handed()


@app.get("/said")
async def said():  #: endpoint GET /said clean
    Handed(cache=False)


@app.get("/named")
async def named():  #: endpoint GET /named clean
    Named()


@app.get("/own")
async def own():  #: endpoint GET /own clean
    Client()
