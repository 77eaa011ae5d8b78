# Elasticsearch's async client.
from elasticsearch import AsyncElasticsearch
from fastapi import FastAPI

app = FastAPI()
es = AsyncElasticsearch("http://localhost:9200")


@app.get("/search")
async def search(q: str):  #: endpoint GET /search clean
    answer = await es.search(index="articles", query={"match": {"text": q}})
    return answer["hits"]["hits"]


@app.post("/articles")
async def index(text: str) -> str:  #: endpoint POST /articles clean
    answer = await es.index(index="articles", document={"text": text})
    return answer["result"]
