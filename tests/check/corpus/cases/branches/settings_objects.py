# Fields of settings decide branches; what the environment may change is a warning, what nobody knows an error.
import os
from dataclasses import dataclass, field

import requests
from fastapi import FastAPI
from pydantic import BaseModel, Field

app = FastAPI()
MODE = os.getenv("MODE", "memory").lower()
URL = os.getenv("URL")


class Filter(BaseModel):
    engine: str = "words"
    remote: bool = Field(default=False)


@dataclass
class Options:
    deep: bool = field(default=False)
    kind: str = "words"


class Plain:
    def __init__(self, kind="words", retry=None):
        self.kind = kind
        self.retry = retry


def filtered(rules: Filter):
    if rules.engine == "model" or rules.remote:
        return requests.get("https://example.org")
    return 1


def crawl(options: Options):
    if options.deep:
        return requests.get("https://example.org")
    return 1


def plain(thing: Plain):
    if thing.kind == "model":
        return requests.get("https://example.org")
    if thing.retry is not None:
        requests.get("https://example.org")
    return 1


@app.get("/defaults")
async def defaults():  #: endpoint clean
    return filtered(Filter()), crawl(Options()), plain(Plain())


@app.get("/model")
async def model():  #: endpoint blocks requests.get
    return filtered(Filter(engine="model"))  #! CW102 error


@app.get("/deep")
async def deep():  #: endpoint blocks requests.get
    return crawl(Options(True))  #! CW102 error


@app.get("/plain")
async def plainly():  #: endpoint blocks requests.get
    return plain(Plain(retry=3))  #! CW102 error


@app.post("/given")
async def given(rules: Filter):  #: endpoint blocks requests.get
    return filtered(rules)  #! CW102 error


@app.get("/environment")
async def environment():  #: endpoint blocks requests.get
    if MODE == "remote":
        return requests.get("https://example.org")  #! CW101 warning
    return 1


@app.get("/usual")
async def usual():  #: endpoint blocks requests.get
    if MODE == "memory":
        return requests.get("https://example.org")  #! CW101 error
    return 1


@app.get("/unset")
async def unset():  #: endpoint blocks requests.get
    if URL:
        return requests.get(URL)  #! CW101 warning
    return 1
