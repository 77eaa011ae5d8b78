# A method whose name says nothing, of a client or of what a base class of an unknown library keeps: it may well block.
import ctypes

from fastapi import FastAPI
from some_vectors import VectorBase

app = FastAPI()


class Store(VectorBase):
    def ids(self):
        return self._things.distinct("file_id")

    def count(self):
        return self._things.count_documents({})

    def shown(self):
        return self._things.strip().lower()


store = Store()


@app.get("/ids")
async def ids():  #: endpoint GET /ids unknown
    return store.ids()


@app.get("/count")
async def count():  #: endpoint GET /count unknown
    return store.count()


@app.get("/shown")
async def shown():  #: endpoint GET /shown clean
    return store.shown()


class Users:
    def __init__(self, mongo=None):
        self.mongo = mongo

    def names(self):
        return self.mongo.distinct("user")


users = Users()


@app.get("/given")
async def given():  #: endpoint GET /given unknown
    return users.names()


@app.get("/data")
async def data():  #: endpoint GET /data clean
    return columns(app.extra["table"])


def columns(table):
    return table.normalized().sorted_by("x")


@app.get("/numbers")
async def numbers(n: int):  #: endpoint GET /numbers clean
    return len((ctypes.c_int32 * n)(1))
