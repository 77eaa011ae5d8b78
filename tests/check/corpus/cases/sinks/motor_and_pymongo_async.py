# Motor, and PyMongo's own async client.
from fastapi import FastAPI
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import AsyncMongoClient

app = FastAPI()
motor = AsyncIOMotorClient("mongodb://localhost")
client = AsyncMongoClient("mongodb://localhost")


@app.get("/posts/{slug}")
async def post(slug: str):  #: endpoint GET /posts/{slug} clean
    return await motor.blog.posts.find_one({"slug": slug}, {"_id": 0})


@app.get("/posts")
async def posts():  #: endpoint GET /posts clean
    return [post async for post in motor.blog.posts.find({}, {"_id": 0})]


@app.post("/posts")
async def add(slug: str) -> bool:  #: endpoint POST /posts clean
    result = await client["blog"]["posts"].insert_one({"slug": slug})
    return result.acknowledged


@app.get("/recent")
async def recent():  #: endpoint GET /recent clean
    return await client.blog.posts.find().sort("at", -1).limit(5).to_list()
