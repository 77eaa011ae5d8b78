# PyMongo: attribute and item access build, `find_one`, `insert_one` and the iteration of `find` go out.
from fastapi import FastAPI
from pymongo import ASCENDING, MongoClient

app = FastAPI()
client = MongoClient("mongodb://localhost")
db = client["blog"]


@app.get("/posts/{slug}")
async def post(slug: str):  #: endpoint GET /posts/{slug} blocks Collection.find_one=error
    return db["posts"].find_one({"slug": slug}, {"_id": 0})


@app.post("/posts")
async def add(slug: str) -> bool:  #: endpoint POST /posts blocks Collection.insert_one=error
    return db.posts.insert_one({"slug": slug}).acknowledged


@app.delete("/posts")
async def clear() -> int:  #: endpoint DELETE /posts blocks Collection.delete_many=error
    return client.blog.posts.delete_many({}).deleted_count


@app.get("/order")
async def order() -> int:  #: endpoint GET /order clean
    return ASCENDING
