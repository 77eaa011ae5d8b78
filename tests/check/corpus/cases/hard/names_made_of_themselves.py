# `page = page.next()`: what a name was before its new value, in turn, on one of two ways, and in a loop.
import time

from fastapi import FastAPI

app = FastAPI()


class Last:
    def next(self):
        time.sleep(1)
        return self


class First:
    def next(self):
        return Last()


@app.get("/turn")
async def turn():  #: endpoint GET /turn blocks time.sleep=error
    page = First()
    page = page.next()
    page = page.next()
    return {"page": str(page)}


@app.get("/ways")
async def ways(late: bool):  #: endpoint GET /ways blocks time.sleep
    page = First()
    if late:
        page = Last()
    page = page.next()
    return {"page": str(page)}


@app.get("/loop")
async def loop(count: int):  #: endpoint GET /loop blocks time.sleep
    page = First()
    for _ in range(count):
        page = page.next()
        page = wrapped(page)
    return {"page": str(page)}


def wrapped(page):
    return Last()


@app.get("/first")
async def first():  #: endpoint GET /first clean
    page = Last()
    page = First()
    page = page.next()
    return {"page": str(page)}
