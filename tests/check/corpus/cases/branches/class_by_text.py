# Text chooses the class of an object: in a factory, a conditional expression, a dictionary of classes.
import requests
from fastapi import FastAPI

app = FastAPI()


class Memory:
    def get(self, key):
        return key


class Remote:
    def get(self, key):
        return requests.get(key)


KINDS = {"memory": Memory, "remote": Remote}


def make(kind: str = "memory"):
    if kind == "memory":
        return Memory()
    elif kind == "remote":
        return Remote()
    raise ValueError(kind)


def choose(remote: bool):
    store = Remote() if remote else Memory()
    return store.get("a")


def look_up(kind):
    return KINDS[kind]().get("a")


def assigned(kind):
    if kind == "remote":
        store = Remote()
    else:
        store = Memory()
    return store.get("a")


class Service:
    def __init__(self, kind="memory"):
        self.store = make(kind)

    def get(self):
        return self.store.get("a")


@app.get("/memory")
async def memory():  #: endpoint clean
    return make("memory").get("a"), choose(False), look_up("memory"), assigned("memory"), Service().get()


@app.get("/default")
async def default():  #: endpoint clean
    return make().get("a")


@app.get("/remote")
async def remote():  #: endpoint blocks requests.get
    return make("remote").get("a")  #! CW102 error


@app.get("/chosen")
async def chosen():  #: endpoint blocks requests.get
    return choose(True)  #! CW102 error


@app.get("/found")
async def found():  #: endpoint blocks requests.get
    return look_up("remote")  #! CW102 error


@app.get("/assigned")
async def put():  #: endpoint blocks requests.get
    return assigned("remote")  #! CW102 error


@app.get("/service")
async def service():  #: endpoint blocks requests.get
    return Service("remote").get()  #! CW102 error


@app.get("/asked")
async def asked(kind: str):  #: endpoint blocks requests.get
    return make(kind).get("a")  #! CW102 warning
