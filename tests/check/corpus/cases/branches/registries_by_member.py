# A dictionary by members of an enumeration gives what stands at the member that is asked for.
from enum import Enum

import requests
from fastapi import FastAPI

app = FastAPI()


class Kind(Enum):
    WORDS = "words"
    MODEL = "model"


class Words:
    def find(self):
        return "words"


class Model:
    def find(self):
        return requests.get("https://example.org")


FINDERS = {Kind.WORDS: Words, Kind.MODEL: Model}


def find(kind: Kind):
    return FINDERS[kind]().find()


def search(kind):
    finder = FINDERS.get(kind)
    if finder is None:
        raise ValueError(kind)
    return finder().find()


@app.get("/words")
async def words():  #: endpoint clean
    return find(Kind.WORDS), search(Kind.WORDS)


@app.get("/model")
async def model():  #: endpoint blocks requests.get
    return find(Kind.MODEL)  #! CW102 error


@app.get("/searched")
async def searched():  #: endpoint blocks requests.get
    return search(Kind.MODEL)  #! CW102 error


@app.get("/asked/{kind}")
async def asked(kind: Kind):  #: endpoint blocks requests.get
    return find(kind)  #! CW102 warning
