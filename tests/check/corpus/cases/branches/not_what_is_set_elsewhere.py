# What looks like a constant and is none: set elsewhere, added to, changed under a condition, unpacked.
import requests
from fastapi import FastAPI

app = FastAPI()
debug = False
level = 0


class Settings:
    def __init__(self):
        self.remote = False
        self.kind = "words"


class Loaded:
    mode = "words"

    def load(self, values: dict):
        for name, value in values.items():
            setattr(self, name, value)


settings = Settings()
loaded = Loaded()


def switch_on():
    global debug
    debug = True


def configure(kind: str):
    settings.kind = kind


def blocking(flag):
    if flag:
        requests.get("https://example.org")


def known():
    return bool(input)


@app.get("/global")
async def by_global():  #: endpoint blocks requests.get
    if debug:
        requests.get("https://example.org")  #! CW101 error


@app.get("/set")
async def set_from_outside():  #: endpoint blocks requests.get
    if settings.kind == "remote":
        requests.get("https://example.org")  #! CW101 error


@app.get("/never")
async def never():  #: endpoint clean
    if settings.remote:
        requests.get("https://example.org")


@app.get("/dynamic")
async def dynamic():  #: endpoint blocks requests.get
    if loaded.mode == "remote":
        requests.get("https://example.org")  #! CW101 warning


@app.get("/local")
async def local(wanted: str, amount: int):  #: endpoint blocks requests.get
    flag = False
    if wanted:
        flag = wanted
    blocking(flag)  #! CW102 error


@app.get("/unknown")
async def unknown(wanted: str):  #: endpoint blocks requests.get
    flag = False
    for part in wanted.split():
        if flag:
            requests.get(part)  #! CW101 error
        flag = part == "now"


@app.get("/added")
async def added(amount: int):  #: endpoint blocks requests.get
    count = 0
    count += amount
    blocking(count)  #! CW102 error


@app.get("/closure")
async def closure(wanted: str):  #: endpoint blocks requests.get
    found = False

    def look():
        nonlocal found
        found = bool(wanted)

    look()
    if found:
        requests.get("https://example.org")  #! CW101 error


@app.get("/unpacked")
async def unpacked(wanted: str):  #: endpoint blocks requests.get
    options = {"flag": wanted}
    blocking(**options)  #! CW102 error
