# What is unpickled, found by entry points, queued, or put on an object by others may be anything: not harmless.
import asyncio
import importlib.util
import pickle
import queue
import sys
import threading
import weakref
from contextvars import ContextVar
from importlib.metadata import entry_points

from fastapi import FastAPI

app = FastAPI()
waiting = queue.Queue()
kept = threading.local()
current = ContextVar("current")
plugins = {}
hooks = None
by_object = {}


class Client:
    def fetch(self) -> int:
        return 1


class Worker:
    steps = None

    def __init__(self, done=None) -> None:
        self.done = done
        self.before = None
        self.steps = []
        self.options = None

    def add(self, step) -> None:
        self.steps.append(step)

    def finish(self) -> None:
        self.done()

    def prepare(self) -> None:
        if self.before:
            self.before()

    def run(self, value: int) -> int:
        for step in self.steps:
            value = step.load(value)
        return value

    def option(self) -> int:
        return self.options["client"].load()


def configure(worker: Worker, **values) -> Worker:
    for name, value in values.items():
        setattr(worker, name, value)
    return worker


def find_plugins() -> None:
    for point in entry_points(group="service.plugins"):
        plugins[point.name] = point.load()


def module(path: str):
    spec = importlib.util.spec_from_file_location("given", path)
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


def make(number: int):
    return plugins[number]


worker = configure(Worker(), done=Client().fetch, before=Client().fetch)
find_plugins()


@app.get("/model")
async def model() -> int:  #: endpoint unknown
    return pickle.loads(b"").predict(1)


@app.get("/queue")
async def from_queue() -> int:  #: endpoint blocks queue.Queue.get=error
    return waiting.get().load()


@app.get("/queue/now")
async def from_queue_now() -> int:  #: endpoint unknown
    return waiting.get_nowait().load()


@app.get("/local")
async def local() -> int:  #: endpoint unknown
    return kept.client.load()


@app.get("/context")
async def context() -> int:  #: endpoint unknown
    return current.get().load()


@app.get("/weak")
async def weak() -> int:  #: endpoint unknown
    return weakref.ref(make(1))().load()


@app.get("/plugin")
async def plugin(name: str) -> int:  #: endpoint unknown
    found = plugins.get(name)
    return found.run() if found else 0


@app.get("/module")
async def of_module() -> int:  #: endpoint unknown
    return module("given.py").run()


@app.get("/modules")
async def of_modules(name: str) -> int:  #: endpoint unknown
    return sys.modules[name].run()


@app.get("/thread")
async def thread() -> int:  #: endpoint unknown
    client = await asyncio.to_thread(make, 1)
    return client.load()


@app.get("/best")
async def best() -> int:  #: endpoint unknown
    return max(plugins.values(), key=id).load()


@app.get("/keys")
async def keys() -> None:  #: endpoint unknown
    for one in {make(1): 1}:
        one.load()


@app.get("/done")
async def done() -> None:  #: endpoint unknown
    worker.finish()


@app.get("/before")
async def before() -> None:  #: endpoint unknown
    worker.prepare()


@app.get("/steps")
async def steps() -> int:  #: endpoint unknown
    return worker.run(1)


@app.get("/option")
async def option() -> int:  #: endpoint unknown
    return worker.option()
