# A store that derives from one of LangChain's and uses the sync client that this holds.
from fastapi import FastAPI
from langchain_chroma import Chroma
from langchain_mongodb import MongoDBAtlasVectorSearch

app = FastAPI()


class AtlasStore(MongoDBAtlasVectorSearch):
    def ids(self) -> list[str]:
        return self._collection.distinct("file_id")

    def remove(self, ids: list[str]) -> None:
        self._collection.delete_many({"file_id": {"$in": ids}})


store = AtlasStore()
chroma = Chroma()


@app.get("/ids")
async def ids() -> list[str]:  #: endpoint GET /ids blocks pymongo.collection.Collection.distinct
    return store.ids()  #! CW102 error


@app.delete("/ids")
async def remove(names: list[str]) -> None:  #: endpoint DELETE /ids blocks pymongo.collection.Collection.delete_many
    store.remove(names)  #! CW102 error


@app.get("/count")
async def count() -> int:  #: endpoint GET /count blocks chromadb.Collection.count
    return chroma._collection.count()  #! CW101 error


@app.get("/search")
async def search(text: str) -> list[str]:  #: endpoint GET /search blocks langchain_mongodb.MongoDBAtlasVectorSearch.similarity_search
    return store.similarity_search(text)  #! CW101 error
