# A metaclass makes one object of a class: its constructor runs once in the process, its methods with each request.
import threading
import time

import requests
from fastapi import FastAPI

app = FastAPI()


class Single(type):
    instances = {}
    lock = threading.Lock()

    def __call__(cls, *args, **kwargs):
        with cls.lock:
            if cls not in cls.instances:
                made = super().__call__(*args, **kwargs)
                cls.instances[cls] = made
        return cls.instances[cls]


class ByArguments(type):
    instances = {}

    def __call__(cls, *args, **kwargs):
        key = (cls, args, frozenset(kwargs.items()))
        if key not in cls.instances:
            cls.instances[key] = super().__call__(*args, **kwargs)
        return cls.instances[key]


class Plain(type):
    def __call__(cls, *args, **kwargs):
        return super().__call__(*args, **kwargs)


class Base(metaclass=Single):
    def __init__(self) -> None:
        self.data = requests.get("https://settings/").json()


class Settings(Base):
    def fresh(self) -> dict:
        time.sleep(1)
        return {}


class Defaults(metaclass=ByArguments):
    def __init__(self) -> None:
        self.data = requests.get("https://defaults/").json()


class User(metaclass=ByArguments):
    def __init__(self, name: str) -> None:
        self.data = requests.get("https://users/" + name).json()


class Each(metaclass=Plain):
    def __init__(self) -> None:
        self.data = requests.get("https://each/").json()


@app.get("/settings")
async def settings() -> dict:  #: endpoint blocks requests.get=warning
    return Settings().data


@app.get("/fresh")
async def fresh() -> dict:  #: endpoint blocks requests.get=warning time.sleep=error
    return Settings().fresh()


@app.get("/defaults")
async def defaults() -> dict:  #: endpoint blocks requests.get=warning
    return Defaults().data


@app.get("/user")
async def user(name: str) -> dict:  #: endpoint blocks requests.get=error
    return User(name).data


@app.get("/each")
async def each() -> dict:  #: endpoint blocks requests.get=error
    return Each().data
