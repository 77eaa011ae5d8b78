# A flag that a constructor hands on to that of its base, where it is set or open.
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


@app.get("/set")
async def set_():  #: endpoint GET /set blocks sqlite3.connect=error
    Handed(True)


@app.get("/named")
async def named():  #: endpoint GET /named blocks sqlite3.connect=error
    Named(cache=True)


@app.get("/open")
async def open_(cache: bool):  #: endpoint GET /open blocks sqlite3.connect=error
    Plain(cache)
