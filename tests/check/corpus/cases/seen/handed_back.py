# An object that a function hands back keeps what is certain of its fields; one that it may replace does not.
import requests
from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()


class Note(BaseModel):
    title: str = ""
    kind: str | None = None


def render(note: Note, **values) -> Note:
    if values.get("title"):
        note.title = "x"
    return note


def replaced(note: Note) -> Note:
    if note.title:
        note = Note(title="x", kind="mail")
    return note


def post(note: Note | None = None, title: str | None = None) -> None:
    note = render(note=note, title=title)
    if note.kind:
        requests.post("https://notes/")


def post_replaced(note: Note | None = None) -> None:
    note = replaced(note)
    if note.kind:
        requests.post("https://notes/")


@app.get("/plain")
async def plain() -> None:  #: endpoint clean
    post(Note(title="a"))


@app.get("/mail")
async def mail() -> None:  #: endpoint blocks requests.post=error
    post(Note(title="a", kind="mail"))


@app.get("/replaced")
async def of_replaced() -> None:  #: endpoint blocks requests.post=error
    post_replaced(Note(title="a"))
