# A member of an enumeration, given as a constant two calls up, says which branch runs.
from enum import Enum, IntEnum, auto

import requests
from fastapi import FastAPI

app = FastAPI()


class Source(str, Enum):
    WEB = "web"
    LOCAL = "local"


class Mode(Enum):
    FAST = auto()
    DEEP = auto()
    PLAIN = auto()


class Level(IntEnum):
    LOW = 1
    HIGH = 2


def load(source: Source):
    if source == Source.WEB:
        return requests.get("https://example.org")
    return "local"


def by_value(source: Source):
    return requests.get("https://example.org") if source.value == "web" else "local"


def by_text(source: str):
    if source in ("web", "remote"):
        return requests.get("https://example.org")
    return "local"


def research(source):
    return load(source), by_value(source), by_text(source)


def think(mode: Mode):
    match mode:
        case Mode.FAST | Mode.PLAIN:
            return 1
        case Mode.DEEP:
            return requests.get("https://example.org")


def hurry(mode):
    if mode is not Mode.FAST and mode not in (Mode.PLAIN,):
        return requests.get("https://example.org")
    return 1


def weigh(level: Level):
    if level > Level.LOW:
        return requests.get("https://example.org")
    return 1


@app.get("/local")
async def local():  #: endpoint clean
    return research(Source.LOCAL)


@app.get("/web")
async def web():  #: endpoint blocks requests.get
    return research(Source.WEB)  #! CW102 error


@app.get("/named")
async def named():  #: endpoint clean
    return load(Source["LOCAL"]), load(Source("local")), by_text(Source.LOCAL.value)


@app.get("/asked/{source}")
async def asked(source: Source):  #: endpoint blocks requests.get
    return load(source)  #! CW102 error


@app.get("/fast")
async def fast():  #: endpoint clean
    return think(Mode.FAST), hurry(Mode.FAST), hurry(Mode.PLAIN)


@app.get("/deep")
async def deep():  #: endpoint blocks requests.get
    return think(Mode.DEEP)  #! CW102 error


@app.get("/hurry")
async def slow():  #: endpoint blocks requests.get
    return hurry(Mode.DEEP)  #! CW102 error


@app.get("/low")
async def low():  #: endpoint clean
    return weigh(Level.LOW)


@app.get("/high")
async def high():  #: endpoint blocks requests.get
    return weigh(Level.HIGH)  #! CW102 error
