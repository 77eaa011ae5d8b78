# What a verdict of unknown rests on: a call that could block, not the making of objects, text and keys.
#: unresolved acme_sdk
import acme_sdk
from fastapi import FastAPI, Request

app = FastAPI()


@app.post("/notes")
async def add(request: Request, text: str):  #: endpoint POST /notes clean
    payload = acme_sdk.PAYLOAD
    title = payload.get("title", "untitled")
    note = acme_sdk.Note(title=title, text=text)
    return note.title.strip().lower()


@app.get("/notes/{key}")
async def find(key: str):  #: endpoint GET /notes/{key} unknown
    return acme_sdk.Client("notes").fetch(key)
