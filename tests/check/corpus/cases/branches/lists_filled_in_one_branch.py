# A list that only another branch fills is empty; one that anything else may fill is not.
import requests
from fastapi import FastAPI

app = FastAPI()


def collect(source: str, words):
    wanted = []
    if source == "files":
        wanted = list(words)
    if wanted:
        return requests.get("https://example.org")
    return None


def gather(source: str, words):
    wanted = []
    if source == "files":
        wanted.append(words)
    if not wanted:
        return None
    return requests.get("https://example.org")


def fill(wanted, words):
    wanted.extend(words)


def handed(words):
    wanted = []
    fill(wanted, words)
    if wanted:
        return requests.get("https://example.org")
    return None


@app.get("/tables")
async def tables():  #: endpoint clean
    return collect("tables", "a"), gather("tables", "a")


@app.get("/files")
async def files():  #: endpoint blocks requests.get
    return collect("files", "a")  #! CW102 error


@app.get("/gathered")
async def gathered():  #: endpoint blocks requests.get
    return gather("files", "a")  #! CW102 error


@app.get("/handed")
async def hand():  #: endpoint blocks requests.get
    return handed("a")  #! CW102 error
