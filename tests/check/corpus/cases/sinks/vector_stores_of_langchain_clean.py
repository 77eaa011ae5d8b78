# The async methods of LangChain's stores, sync ones in a thread, and the metadata of what they find.
import asyncio

from fastapi import FastAPI
from langchain_core.documents import Document
from langchain_mongodb import MongoDBAtlasVectorSearch

app = FastAPI()


class AtlasStore(MongoDBAtlasVectorSearch):
    def ids(self) -> list[str]:
        return self._collection.distinct("file_id")


store = AtlasStore()


def name_of(document: Document) -> str:
    return document.metadata.get("name", "") + document.page_content.strip()


@app.get("/ids")
async def ids() -> list[str]:  #: endpoint GET /ids clean
    return await asyncio.to_thread(store.ids)


@app.get("/search")
async def search(text: str) -> str:  #: endpoint GET /search clean
    await store.asimilarity_search(text)
    return name_of(Document(text))
