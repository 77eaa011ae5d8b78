# Flags, caches and singletons of a service that blocks nowhere.
from functools import lru_cache

from fastapi import FastAPI
from service import state

app = FastAPI()
first = True


class Single(type):
    instances = {}

    def __call__(cls, *args, **kwargs):
        if cls not in cls.instances:
            cls.instances[cls] = super().__call__(*args, **kwargs)
        return cls.instances[cls]


class Settings(metaclass=Single):
    def __init__(self) -> None:
        self.name = "service"


@lru_cache(maxsize=1)
def version(name: str) -> str:
    return name.upper()


@app.get("/once")
async def once() -> str:  #: endpoint clean
    global first
    if first:
        first = False
        return "first"
    return "again"


@app.get("/elsewhere")
async def elsewhere() -> str:  #: endpoint clean
    if state.check:
        state.check = False
        return version("first")
    return Settings().name


#: file service/__init__.py
#: file service/state.py
check: bool = True
