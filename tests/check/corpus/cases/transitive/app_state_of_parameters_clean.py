# The same where what is given is async, in a function of its own.
import asyncio
import time

from fastapi import FastAPI, Request


class Factory:
    def __init__(self, load):
        self._load = load

    def __call__(self):
        return self._load()


async def quick():
    await asyncio.sleep(1)


def slow():
    time.sleep(1)


def create_app(load, factory: Factory):
    app = FastAPI()
    app.state.load = load
    app.state.factory = factory

    @app.get("/load")
    async def loads(request: Request):  #: endpoint GET /load clean
        await request.app.state.load()

    @app.get("/factory")
    async def makes(request: Request):  #: endpoint GET /factory clean
        await request.app.state.factory()

    return app


def main():
    return create_app(quick, Factory(quick))


app = main()
