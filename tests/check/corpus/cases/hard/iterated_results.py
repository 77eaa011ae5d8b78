# Results that go out when they are iterated: queries, cursors, responses, pipes.
#: allow CW403
import subprocess
from typing import Annotated

import requests
from fastapi import Depends, FastAPI
from pymongo import MongoClient
from sqlalchemy import create_engine
from sqlalchemy.orm import Session, declarative_base

Base = declarative_base()
app = FastAPI()
posts = MongoClient("mongodb://localhost").blog.posts


def session():  #: dependency clean on thread
    with Session(create_engine("sqlite://")) as opened:
        yield opened


Db = Annotated[Session, Depends(session)]


@app.get("/query")
async def by_query(db: Db) -> list[str]:  #: endpoint GET /query blocks
    return [str(row) for row in db.query(Base).filter_by(active=True)]


@app.get("/cursor")
async def by_cursor() -> list[dict]:  #: endpoint GET /cursor blocks
    return list(posts.find({"draft": False}, {"_id": 0}))


@app.get("/response")
async def by_response() -> int:  #: endpoint GET /response blocks requests.get=error …
    with requests.get("https://example.org/large", stream=True, timeout=5) as answer:
        return sum(len(chunk) for chunk in answer.iter_content(65536))


@app.get("/pipe")
async def by_pipe() -> list[str]:  #: endpoint GET /pipe blocks
    process = subprocess.Popen(["journalctl", "-n", "10"], stdout=subprocess.PIPE, text=True)
    return [line.rstrip() for line in process.stdout]
