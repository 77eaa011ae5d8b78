# `isinstance`, `callable`, `is None` of what the call gives: text, a list, a function, nothing.
import sys

import requests
from fastapi import FastAPI

app = FastAPI()


class Query:
    def run(self):
        return requests.get("https://example.org")


def ask(query):
    if isinstance(query, str):
        return query
    if isinstance(query, Query):
        return query.run()
    return requests.get("https://example.org")


def each(data):
    if not isinstance(data, list):
        data = [data]
        requests.get("https://example.org")
    return data


def call(what):
    if callable(what):
        return what()
    return requests.get("https://example.org")


def hosts():
    if sys.platform == "win32":
        return requests.get("https://example.org")
    if sys.version_info < (3, 8):
        return requests.get("https://example.org")
    return "linux"


@app.get("/text")
async def text(name: str):  #: endpoint clean
    return ask("a"), ask(f"{name}!"), each([name]), call(lambda: name), hosts()


@app.get("/query")
async def query():  #: endpoint blocks requests.get
    return ask(Query())  #! CW102 error


@app.get("/number")
async def number():  #: endpoint blocks requests.get
    return ask(3)  #! CW102 error


@app.get("/one")
async def one():  #: endpoint blocks requests.get
    return each("a")  #! CW102 error


@app.get("/uncalled")
async def uncalled():  #: endpoint blocks requests.get
    return call("a")  #! CW102 error
