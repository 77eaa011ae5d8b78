# Factories without annotations, one by its own `return`, one through a global singleton.
import pymongo
from fastapi import FastAPI

app = FastAPI()
_client = None


def get_client():
    global _client
    if _client is None:
        _client = pymongo.MongoClient("mongodb://localhost")
    return _client


def get_collection(name):
    return get_client()["shop"][name]


@app.get("/orders/{number}")
async def order(number: int):  #: endpoint GET /orders/{number} blocks Collection.find_one=error
    return get_collection("orders").find_one({"number": number}, {"_id": 0})
