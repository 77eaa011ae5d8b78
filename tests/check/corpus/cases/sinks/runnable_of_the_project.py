# A project's own runnable: the base class's methods run it, in the caller's thread.
from fastapi import FastAPI, UploadFile
from langchain_core.runnables import ConfigurableField, RunnableSerializable

app = FastAPI()


class Ingest(RunnableSerializable[bytes, list[str]]):
    namespace: str

    def invoke(self, input: bytes, config=None, **kwargs) -> list[str]:
        return [self.namespace, input.decode()]


ingest = Ingest(namespace="docs").configurable_fields(namespace=ConfigurableField(id="namespace"))


@app.post("/ingest")
async def upload(files: list[UploadFile]):  #: endpoint POST /ingest blocks Runnable.batch=error
    return ingest.batch([await file.read() for file in files])


@app.post("/later")
async def later(file: UploadFile):  #: endpoint POST /later clean|unknown
    return await ingest.ainvoke(await file.read())
