# `app.state.x = parameter` in the function that makes the app: what its calls give it.
import time

from fastapi import FastAPI, Request


class Factory:
    def __init__(self, load):
        self._load = load

    def __call__(self):
        return self._load()


def slow():
    time.sleep(1)


def create_app(load, factory: Factory, stranger=None):
    app = FastAPI()
    app.state.load = load
    app.state.factory = factory
    app.state.stranger = stranger

    @app.get("/load")
    async def loads(request: Request):  #: endpoint GET /load blocks time.sleep=error
        request.app.state.load()

    @app.get("/factory")
    async def makes(request: Request):  #: endpoint GET /factory blocks time.sleep=error
        request.app.state.factory()

    @app.get("/stranger")
    async def asks(request: Request):  #: endpoint GET /stranger unknown
        request.app.state.stranger()

    return app


app = create_app(slow, Factory(slow))
