# The same, where every note is made without a kind.
import requests
from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()


class Note(BaseModel):
    title: str = ""
    kind: str | None = None


def render(note: Note) -> Note:
    note.title = note.title.strip()
    return note


def post(note: Note | None = None) -> None:
    note = render(note)
    if note.kind:
        requests.post("https://notes/")


@app.get("/plain")
async def plain() -> None:  #: endpoint clean
    post(Note(title="a"))


@app.get("/empty")
async def empty() -> None:  #: endpoint clean
    post(Note())
