# What is passed to a wrapper is what its function gets, by place, by name, or from a mapping of unknown keys.
import functools
import time

from fastapi import FastAPI

app = FastAPI()


def in_session(func):
    @functools.wraps(func)
    def wrapper(*args, **kwargs):
        kwargs["session"] = object()
        return func(*args, **kwargs)

    return wrapper


def passed_on(func):
    @functools.wraps(func)
    def wrapper(*args, **kwargs):
        return func(*args, **kwargs)

    return wrapper


class Handler:
    @passed_on
    def simple(self, user: int, mac: str | None = None):
        if mac:
            time.sleep(3)
        return user

    @in_session
    def decorated(self, user: int, mac: str | None = None, session=None):
        if mac:
            time.sleep(4)
        return user

    @passed_on
    @in_session
    def twice(self, user: int, mac: str | None = None, session=None):
        if mac:
            time.sleep(5)
        return user


handler = Handler()


@app.get("/by-name")
async def by_name(mac: str):  #: endpoint GET /by-name blocks time.sleep=error
    return handler.decorated(user=1, mac=mac)


@app.get("/by-place")
async def by_place(mac: str):  #: endpoint GET /by-place blocks time.sleep=error
    return handler.simple(1, mac)


@app.get("/twice")
async def twice():  #: endpoint GET /twice blocks time.sleep=error
    return handler.twice(1, mac="x")


@app.post("/mapping")
async def mapping(body: dict):  #: endpoint POST /mapping blocks time.sleep=error
    return handler.simple(1, **body)


@app.get("/none")
async def none():  #: endpoint GET /none clean
    return handler.twice(1)
