# A flag that a decorator's wrapper hands on; the same text known in one call, and only possible in another.
import functools

import requests
from fastapi import FastAPI

app = FastAPI()


class Client:
    def get(self):
        return 1


def logged(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs)

    return wrapper


@logged
def load(client, remote=False):
    if remote:
        return requests.get("https://example.org")
    return client.get()


@app.get("/known")
async def known():  #: endpoint clean
    return load(Client(), False)


@app.get("/changed")
async def changed(word: str):  #: endpoint blocks requests.get
    flag = False
    if word:
        flag = word.startswith("a")
    return load(Client(), flag)  #! CW102 error


@app.get("/named")
async def named(word: str):  #: endpoint blocks requests.get
    flag = False
    if word:
        flag = word
    return load(Client(), remote=flag)  #! CW102 error


@app.get("/remote")
async def remote():  #: endpoint blocks requests.get
    return load(Client(), remote=True)  #! CW102 error
