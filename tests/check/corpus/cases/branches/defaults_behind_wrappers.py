# A parameter that nobody passes has its default behind a wrapper too, also where the wrapper adds a keyword.
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


@app.get("/simple")
async def simple():  #: endpoint GET /simple clean
    return handler.simple(user=1)


@app.get("/said")
async def said():  #: endpoint GET /said clean
    return handler.simple(1, None)


@app.get("/decorated")
async def decorated():  #: endpoint GET /decorated clean
    return handler.decorated(user=1)


@app.get("/twice")
async def twice():  #: endpoint GET /twice clean
    return handler.twice(1)


@app.get("/in-a-thread")
def in_a_thread(mac: str):  #: endpoint GET /in-a-thread clean
    return handler.simple(1, mac), handler.decorated(1, mac=mac)
