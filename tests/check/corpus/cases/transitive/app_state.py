# A client put on `app.state` at start-up, read back through `request.app.state`.
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from pymongo import MongoClient


@asynccontextmanager
async def lifespan(app: FastAPI):  #: lifespan clean
    app.state.mongo = MongoClient("mongodb://localhost")
    app.state.version = "1.4"
    yield
    app.state.mongo.close()


app = FastAPI(lifespan=lifespan)


@app.get("/articles/{slug}")
async def article(slug: str, request: Request):  #: endpoint GET /articles/{slug} blocks Collection.find_one=error
    return request.app.state.mongo.blog.articles.find_one({"slug": slug}, {"_id": 0})


@app.get("/version")
async def version(request: Request) -> str:  #: endpoint GET /version clean
    return request.app.state.version
